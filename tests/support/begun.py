"""Runs that are ended with the test that began them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from supervised import FLOW, Supervised


@contextmanager
def begun(tmp_path: Path) -> Iterator[Callable[..., Supervised]]:
    """Begins one, in a folder of that name."""
    made: list[Supervised] = []

    def run(flow: str = FLOW, *options: str, folder: str = "a", **more: Any) -> Supervised:
        made.append(Supervised(tmp_path / folder, flow, *options, **more))
        return made[-1]

    yield run
    for it in made:
        it.close()
