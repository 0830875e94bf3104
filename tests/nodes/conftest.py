"""What the tests of victronGx begin with."""

from __future__ import annotations

import pytest
from gx_pair import Pair


@pytest.fixture
def pair() -> Pair:
    """The adapter and a GX that found each other, at noon."""
    pair = Pair()
    pair.run(seconds=30)
    return pair
