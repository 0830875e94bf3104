"""Timers, waiting edges and calls while somebody sets the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from wattwire.broker.envelope import begin
from wattwire.flows.engine.budgets import Budgets
from wattwire.flows.engine.callers import Caller
from wattwire.flows.engine.edges import Carrier
from wattwire.flows.engine.loading import load_text
from wattwire.flows.engine.timers import Timers
from wattwire.nodes import Request, Timer

T = datetime(2026, 11, 21, 12, tzinfo=UTC)
FLOW = """
flow: f
nodes:
  a:    {type: clock, config: {every: 10s}}
  last: {type: debug}
edges:
  - {from: a.tick, to: last.body, after: 10s}
"""


@pytest.mark.parametrize(
    ("passed", "wall", "come"),
    [(9, 9, []), (10, 10, ["x"]), (1, 3600, ["x"]), (9, -3600, []), (13, -3600, ["x"]), (11, 9, [])],
    ids=["too early", "on time", "set forward", "set back, too early", "set back", "put right a little"],
)
def test_a_timer_comes_by_the_clock_on_the_wall_and_is_not_held_up_where_that_is_set_back(
    passed: float, wall: float, come: list[str]
) -> None:
    steady = [0.0]
    timers = Timers(lambda: steady[0], T.timestamp)

    timers.set(Timer("x", T + timedelta(seconds=10)))
    steady[0] = passed

    assert timers.take(T + timedelta(seconds=wall)) == come


def test_nor_is_one_that_was_meant_by_the_clock_before_it_was_set_back() -> None:
    steady, wall = [0.0], [T.timestamp()]
    timers = Timers(lambda: steady[0], lambda: wall[0])

    wall[0] -= 3600  # while the node was at work
    timers.set(Timer("x", T + timedelta(seconds=10)))
    steady[0] = 13

    assert timers.take(T - timedelta(seconds=3587)) == ["x"]


def test_a_timer_that_came_early_comes_at_its_own_time_as_well() -> None:
    steady = [0.0]
    timers = Timers(lambda: steady[0], T.timestamp)

    timers.set(Timer("x", T + timedelta(seconds=10)))
    steady[0] = 13.0
    back = [timers.take(T - timedelta(hours=1)) for _ in range(2)]

    assert back == [["x"], []]
    assert timers.take(T + timedelta(seconds=10)) == ["x"]


def test_a_waiting_edge_is_not_held_up_by_a_clock_that_is_set_back() -> None:
    carrier = Carrier(load_text(FLOW))
    (name,) = carrier.edges

    carrier.watch(T)
    carrier.take(name, begin("a.tick", {}, T, "1"), T)
    carrier.watch(T - timedelta(hours=1))

    assert carrier.next_due() == T - timedelta(hours=1) + timedelta(seconds=10)


def test_a_clock_that_is_set_in_the_middle_of_a_call_does_not_end_it(monkeypatch: pytest.MonkeyPatch) -> None:
    hours = 0

    class Plain(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b'{"whole": true}')

        def log_message(self, format: str, *args: object) -> None:
            pass

    class Leaping(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Leaping:
            nonlocal hours
            hours += 1
            return cls(2026, 11, 20, hours, tzinfo=tz)

    server = HTTPServer(("127.0.0.1", 0), Plain)
    Thread(target=server.handle_request, daemon=True).start()
    monkeypatch.setattr("wattwire.flows.engine.callers.datetime", Leaping)
    caller = Caller({}, Budgets("flow"))
    reply = caller.call(Request(method="GET", url=f"http://127.0.0.1:{server.server_address[1]}/"))
    caller.close()
    server.server_close()

    assert (reply.status, reply.json, reply.why) == (200, {"whole": True}, "")
