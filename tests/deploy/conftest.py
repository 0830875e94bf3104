"""The board's panels and queries, one test each."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
NEEDS = pytest.mark.skipif(not shutil.which("prometheus"), reason="prometheus is not installed")


@dataclass(frozen=True)
class Query:
    panel: str
    expr: str

    def filled(self, interval: str) -> str:
        """As Grafana would send it for the simulated house."""
        return self.expr.replace("$__rate_interval", interval).replace("$flow", "simulatedHouse")


def panels() -> list[dict[str, Any]]:
    board = json.loads((DEPLOY / "grafana/boards/tonight.json").read_text())
    return [p for p in board["panels"] if p["type"] != "row"]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "panel" in metafunc.fixturenames:
        metafunc.parametrize("panel", panels(), ids=[p["title"] for p in panels()])
    if "query" in metafunc.fixturenames:
        found = [(f"{p['title']} {t['refId']}", Query(p["title"], t["expr"])) for p in panels() for t in p["targets"]]
        metafunc.parametrize("query", [q for _, q in found], ids=[name for name, _ in found])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("prometheus"):
            item.add_marker(NEEDS)


@pytest.fixture(scope="session")
def deploy() -> Path:
    return DEPLOY


@pytest.fixture(scope="session")
def board(deploy: Path) -> dict[str, Any]:
    found = json.loads((deploy / "grafana/boards/tonight.json").read_text())
    assert isinstance(found, dict)
    return found
