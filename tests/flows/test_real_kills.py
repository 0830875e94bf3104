"""kill -9 of everything, one after another, under load: nothing is lost, and nothing takes effect twice."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from kept_state import snapshot
from supervised import gone, watch
from watched import Watched

from wattwire.broker.envelope import begin, stamp
from wattwire.broker.link import Link
from wattwire.broker.private import PrivateBroker, start

pytestmark = [
    pytest.mark.broker,
    pytest.mark.usefixtures("hosting"),
    pytest.mark.mosquitto,  # no other broker keeps these promises
]

Runs = Callable[..., Watched]
ENDLESS = 10**9

CHAIN = """
flow: chain
nodes:
  source: {type: counting, config: {every: 4ms, last: LAST}}
  first:  {type: switch, config: {field: n, above: 0}}
  second: {type: fragile}
  last:   {type: ledger}
  tenth:  {type: switch, config: {field: n, equals: 10}}
  late:   {type: ledger}
edges:
  - {from: source.number, to: first.body}
  - {from: first.yes,     to: second.body}
  - {from: second.passed, to: last.body}
  - {from: second.passed, to: tenth.body}
  - {from: tenth.yes,     to: late.body, after: 12s}
DURABILITY
ends: [first.no, first.unknown, tenth.no, tenth.unknown, last.total, late.total]
"""


def chain(last: int, durability: str = "") -> str:
    return CHAIN.replace("LAST", str(last)).replace("DURABILITY", durability)


def total(run: Watched, ledger: str = "last") -> dict[str, Any]:
    told = run.heard.get(f"{ledger}/total")
    return told["body"] if told else {"numbers": 0, "twice": 0}


def first(run: Watched, source: str) -> datetime:
    """When a message left through a port for the first time; said again, it has a later time."""
    told = [json.loads(m.payload)["at"] for m in run.messages if m.payload and m.topic == run.topic(source)]
    return min(map(datetime.fromisoformat, told))


def goes_on(run: Watched) -> None:
    before = total(run)["numbers"]
    run.until(lambda: total(run)["numbers"] > before + 50, 30)


def test_numbers_arrive_once_each_while_every_process_is_killed_in_turn(runs: Runs, hosting: str) -> None:
    run = runs(chain(ENDLESS), "--prefer", "mosquitto").early().ready()
    run.until(lambda: any("$waiting" in topic and body for topic, body in run.heard.items()))
    nodes = ("edges", "source", "first", "second", "last", "tenth", "late")
    for node in nodes if hosting == "isolated" else nodes[:4]:  # more would be a loop of crashes of the one process
        goes_on(run)
        run.kill(node)
    goes_on(run)
    os.kill(run.pid("mosquitto"), signal.SIGKILL)
    run.until(lambda: not run.link.up)
    run.until(lambda: run.link.up, 30)
    goes_on(run)
    family = watch(run.family())
    run.signal(signal.SIGKILL)
    assert gone(family, 5) == []
    run.end()
    goal = snapshot(run.state / "chain" / "source.db")["n"] + 200  # how far it came no speed of a machine decides
    again = runs(chain(goal), "--prefer", "mosquitto").early().ready()
    again.until(lambda: total(again)["numbers"] >= goal, 60)
    again.until(lambda: run.sent("late.total") or again.sent("late.total"), 60)  # it waits through some of this, or all

    late = {it["id"]: it for it in (*run.sent("late.total"), *again.sent("late.total"))}
    assert total(again) == {"numbers": goal, "twice": 0}
    assert [it["body"] for it in late.values()] == [{"numbers": 1, "twice": 0}]
    (came,) = (datetime.fromisoformat(it["at"]) for it in late.values())
    assert came - first(run, "tenth.yes") >= timedelta(seconds=12)
    again.until(lambda: not any("$waiting" in topic and body for topic, body in again.heard.items()))


def test_with_durability_on_disk_everything_may_be_killed_at_once(runs: Runs) -> None:
    run = runs(chain(800, "durability: disk"), "--prefer", "mosquitto").early().ready()
    goes_on(run)
    family = watch(run.family())
    for pid in (*run.family(), run.process.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert gone(family, 5) == []
    run.end()
    for saved in run.state.rglob("mosquitto.db*"):  # nothing that the broker knew is left either
        saved.unlink()
    again = runs(chain(800, "durability: disk"), "--prefer", "mosquitto").early().ready()
    again.until(lambda: total(again)["numbers"] >= 800, 60)

    assert total(again) == {"numbers": 800, "twice": 0}


def test_with_durability_on_disk_a_node_that_only_computes_keeps_what_it_sent_too(runs: Runs) -> None:
    flow = chain(0, "durability: disk").replace("every: 4ms", "every: 1h")
    flow = flow.replace("{type: fragile}", "{type: fragile, isolation: spawn}")  # it alone is to stand still
    run = runs(flow, "--prefer", "mosquitto").early().ready()
    second = run.status("second", "ready")["pid"]
    os.kill(second, signal.SIGSTOP)
    for n in range(1, 51):
        run.raw("first/in/body", begin("outside.number", {"n": n}, datetime.now(UTC), str(n)).dumps())
    run.came("first.yes", 50)
    family = watch(run.family())
    for pid in (*run.family(), run.process.pid):
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    assert gone(family, 5) == []
    run.end()
    for saved in run.state.rglob("mosquitto.db*"):
        saved.unlink()
    again = runs(flow, "--prefer", "mosquitto").early().ready()
    again.until(lambda: total(again)["numbers"] >= 50, 60)

    assert total(again) == {"numbers": 50, "twice": 0}


MORNING = """
flow: morning
nodes:
  dispatchFetcher:   {type: dispatchFetcher, config: {account: A-1}}
  rateResolver:      {type: rateResolver}
  victronController: {type: victronController}
edges:
  - {from: dispatchFetcher.plan,  to: victronController.plan}
  - {from: rateResolver.cheap,    to: victronController.rate}
  - {from: rateResolver.standard, to: victronController.rate}
  - {from: rateResolver.unsure,   to: victronController.rate}
ends: [victronController.lease, dispatchFetcher.unauthorised, dispatchFetcher.throttled, dispatchFetcher.blocked,
       dispatchFetcher.failed, victronController.crashed]
"""


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[PrivateBroker]:
    with start(tmp_path / "before", "mosquitto", port=0) as running:
        yield running


def left_behind(broker: PrivateBroker, topic: str, payload: bytes) -> None:
    """Retained on the broker before anything runs."""
    done = list[bool]()
    link = Link(broker.url, "yesterday", on_up=lambda _: None, on_down=lambda _: None, on_message=lambda _: None)
    link.connect()
    while not done:
        if link.up and not done:
            link.publish(topic, payload, True, lambda: done.append(True))
        link.step(1.0)
    link.close()


def rate(at: datetime, until: datetime) -> dict[str, Any]:
    return {"at": stamp(at), "until": stamp(until), "house": 7.0, "car": 7.0, "band": "cheap"}


def test_yesterdays_cheap_that_the_broker_still_knows_charges_nothing_this_morning(
    runs: Runs, broker: PrivateBroker
) -> None:
    now = datetime.now(UTC)
    yesterday, half_hour = now - timedelta(hours=12), timedelta(minutes=30)
    old = begin("rateResolver.cheap", rate(yesterday, yesterday + half_hour), yesterday, "1")
    left_behind(broker, "wattwire/morning/rateResolver/cheap", old.dumps())
    run = runs(MORNING, "--broker", broker.url).early().ready()
    house = {"at": stamp(now), "soc": 40.0, "controllable": True, "input_limit": 9200}
    run.give("victronController.house", house)
    run.came("victronController.lease")
    run.give("victronController.rate", rate(now, now + half_hour))  # while a fresh one does
    leases = run.came("victronController.lease", 2)

    assert [it["body"]["mode"] for it in leases] == ["release", "charge"]


def test_rubbish_that_is_retained_where_a_node_remembers_is_set_aside_and_the_node_runs(
    runs: Runs, broker: PrivateBroker
) -> None:
    left_behind(broker, "wattwire/morning/dispatchFetcher/plan", b'{"at": "yesterday", "dispatches": 7}')
    run = runs(MORNING, "--broker", broker.url).early().ready()
    told = run.came("victronController.crashed")
    run.give("victronController.tick", None)
    run.came("victronController.lease")

    assert told[0]["body"]["why"].startswith("Plan.at: ")
    assert run.heard["victronController/$status"]["restarts"] == 0
