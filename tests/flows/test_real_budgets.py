"""Budgets of real processes: one count for all nodes, over kills and restarts, shown to whoever asks."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from watched import Watched

pytestmark = pytest.mark.broker

PALETTE = Path(__file__).parent / "palette"
FLOW = """
flow: spending
nodes:
  one:   {type: probe, config: {url: URL, most: 3, per: 1h}}
  other: {type: probe, config: {url: URL, most: 5, per: 1h}}
  shown: {type: debug}
edges:
  - {from: other.failed, to: shown.body}
  - {from: one.failed, to: shown.body}
  - {from: one.gone,   to: shown.body}
ends: [one.fine, other.fine]
"""


class Page(ThreadingHTTPServer):
    """There is none: 404 for everybody."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Missing)
        self.asked = 0
        self.url = f"http://127.0.0.1:{self.server_address[1]}/"
        threading.Thread(target=self.serve_forever, daemon=True).start()


class Missing(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Page)
        self.server.asked += 1
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def page() -> Iterator[Page]:
    with Page() as made:
        yield made
        made.shutdown()


@pytest.fixture
def run(tmp_path: Path, page: Page) -> Iterator[Callable[[], Watched]]:
    """Starts one; each is ended, also where the test fails."""
    made: list[Watched] = []

    def start() -> Watched:
        made.append(Watched(tmp_path / "a", FLOW.replace("URL", f'"{page.url}"'), "--nodes", str(PALETTE)))
        return made[-1].early().ready()

    yield start
    for it in made:
        it.close()


def ask(it: Watched, node: str, port: str, number: int) -> list[str]:
    """Nudge a node until so many messages have left by a port; why, in each of them."""
    for _ in range(number - len(it.sent(f"{node}.{port}"))):
        it.give(f"{node}.poll", None)
    it.came(f"{node}.{port}", number)
    return [body["why"] for body in it.bodies(f"{node}.{port}")]


def test_one_count_for_all_nodes_over_kills_and_a_restart_of_everything(run: Callable[[], Watched], page: Page) -> None:
    first = run()
    ask(first, "one", "gone", 2)  # an edge follows it
    first.kill("one")
    ask(first, "one", "gone", 3)
    refused = ask(first, "one", "failed", 1)
    missing = ask(first, "other", "failed", 1)  # no edge follows its `gone`
    first.close()
    again = run()
    for _ in range(2):
        again.give("other.poll", None)
    again.until(lambda: any("spent" in body["why"] for body in again.bodies("other.failed")))
    left = again.bodies("other.failed")[-1]["why"]
    metrics, health = again.admin("/metrics"), json.loads(again.admin("/health"))
    told = [sys.executable, "-m", "wattwire.flows", "status", "spending", "--state", str(again.state)]
    status = subprocess.run(told, capture_output=True, text=True, timeout=60).stdout
    again.close()

    assert refused == ["the budget of 3 in an hour on page is spent"]
    assert missing == ["HTTP 404"]
    assert left == "the budget of 5 in an hour on page is spent"
    assert page.asked == 5
    assert dict(re.findall(r"^wattwire_budget_(\w+)\{.*\} (\S+)$", metrics, re.M)) == {
        "used": "5.0", "most": "5.0", "left": "0.0", "month": "5.0",
    }  # fmt: skip
    assert 'wattwire_budget_used{budget="page",flow="",per="1h"}' in metrics
    assert health["budgets"] == [{"flow": "", "name": "page", "per": "1h", "used": 5.0, "most": 5.0}]
    assert status.splitlines()[-1] == "budget page: 5 of 5 used in an hour"


def test_a_ledger_that_cannot_be_read_is_said_and_nothing_is_called(
    run: Callable[[], Watched], tmp_path: Path, page: Page
) -> None:
    (tmp_path / "a" / "state").mkdir(parents=True)
    (tmp_path / "a" / "state" / "budgets.db").write_bytes(b"no database at all " * 999)
    it = run()
    why = ask(it, "other", "failed", 2)
    told = it.said("other: not called")

    assert (
        why
        == ["not called, as calls cannot be counted: budgets.db is damaged; move budgets.db* away to count anew"] * 2
    )
    assert told.endswith(why[0])
    assert page.asked == 0
