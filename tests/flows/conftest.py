"""What tests of flows share: runs, an Octopus for a newcomer; and that who uses `hosting` runs twice, with a process
for each node of a flow, and with one for all."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from newcomer import Octopus
from supervised import Supervised
from watched import Watched

LONG = "test_real_evening"  # a minute each time


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "hosting" in metafunc.fixturenames:
        long = metafunc.module.__name__.endswith(LONG)
        shared = pytest.param("shared", marks=[pytest.mark.long] if long else [])
        metafunc.parametrize("hosting", ["isolated", shared], scope="module", indirect=True)


@pytest.fixture(scope="module")
def hosting(request: pytest.FixtureRequest) -> Iterator[str]:
    """How `Supervised` runs a flow. A fixture that keeps a run for a whole module asks for it, so as to end with it."""
    Supervised.shared = request.param == "shared"
    yield request.param
    Supervised.shared = False


@pytest.fixture
def octopus() -> Iterator[Octopus]:
    """The simulated one, behind a real HTTP server."""
    with Octopus() as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def runs(tmp_path: Path) -> Iterator[Callable[..., Watched]]:
    """Begin a run of a flow, in a folder of its own; all are ended with the test."""
    made: list[Watched] = []

    def run(flow: str, *options: str, folder: str = "a") -> Watched:
        made.append(Watched(tmp_path / folder, flow, *options))
        return made[-1]

    yield run
    for it in made:
        it.close()
