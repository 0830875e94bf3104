"""What the tests of victronGx, and of the simulated GX, begin with."""

from __future__ import annotations

import pytest
from gx_pair import Pair
from sim_gx_talk import Gx


@pytest.fixture
def pair() -> Pair:
    """The adapter and a GX that found each other, at noon."""
    pair = Pair()
    pair.run(seconds=30)
    return pair


@pytest.fixture
def gx() -> Gx:
    """A simulated GX that is kept alive."""
    gx = Gx()
    gx.hear("R/ID/keepalive")
    return gx
