"""The world misbehaves, for real processes: the edge in the file is what happens, and at the times that it says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from itertools import pairwise
from typing import Any

import pytest
from forgetful import forgetful
from watched import Watched

pytestmark = [
    pytest.mark.broker,
    pytest.mark.mosquitto,
]

# The shipped flow with its own edges: only how long they wait is shorter, and nothing is asked but when a test asks:
# not at a minute of the hour, not around a dispatch, and not since the car was seen.
FLOW = """
flow: troubles
include: simulated_house
nodes:
  rateFetcher: {config: {url: "http://127.0.0.1:9/v1/"}}    # nobody listens there
  simOctopus:  {config: {first_after: 20h, daily: []}}
edges:
  - {from: dispatchFetcher.plan,         to: dispatchFetcher.poll, after: 1h}
  - {from: dispatchFetcher.failed,       to: dispatchFetcher.poll, after: {first: 100ms, factor: 3, most: 1s}, times: 5, spent: alarm.why}
  - {from: dispatchFetcher.throttled,    to: dispatchFetcher.poll, after: {first: 400ms, factor: 2, most: 15m}, times: 6, spent: alarm.why}
  - {from: dispatchFetcher.blocked,      to: dispatchFetcher.poll, after: {first: 200ms, factor: 2, most: 500ms}, times: 6, spent: alarm.why}
  - {from: dispatchFetcher.blocked,      to: alarm.why, drop: true}
  - {from: rateFetcher.failed,           to: rateFetcher.poll,     after: {first: 100ms, factor: 3, most: 1s}, times: 5, spent: alarm.why}
  - {from: dispatchFetcher.unauthorised, to: krakenToken.want,     every: 10ms}
  - {from: teslaState.unauthorised,      to: teslaToken.want,      every: 10ms}
  - {from: teslaState.asleep,            to: teslaState.poll,      after: 300ms}
  - {from: teslaState.failed,            to: teslaState.poll,      after: {first: 100ms, factor: 3, most: 1s}, times: 5, spent: alarm.why}
  - {from: soon.yes,                     to: teslaState.poll,      after: 1h}
  - {from: soon.no,                      to: teslaState.poll,      after: 1h}
  - {from: dispatch.yes,                 to: teslaState.poll,      drop: true}
  - {from: dispatchFetcher.plan,         to: teslaState.hint,      drop: true}
  - {from: victronGx.house,              to: teslaState.house,     drop: true}
  - {from: pollPlanner.look,             to: dispatchFetcher.poll, drop: true}
  - {from: hour.tick,                    to: krakenDevice.poll,    drop: true}
  - {from: hour.tick,                    to: rateFetcher.poll,     drop: true}
  - {from: hour.tick,                    to: teslaState.poll,      drop: true}
ends: [dispatch.yes, pollPlanner.look]
"""  # noqa: E501


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, hosting: str) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("troubles")
    forgetful(folder / "state")
    with closing(Watched(folder, FLOW, "--prefer", "mosquitto")) as made:
        made.early().ready()
        made.came("dispatchFetcher.plan")
        made.came("teslaState.car")
        yield made


@pytest.fixture(autouse=True)
def behaved(house: Watched) -> Iterator[None]:
    yield
    for simulator in ("simOctopus", "simTesla"):
        house.give(f"{simulator}.fault", {"kind": "none"})


def misbehave(house: Watched, simulator: str, kind: str, times: int | None = None) -> None:
    """Returns when it does: what is asked next may be there before what was said first."""
    before = len(house.messages)
    house.give(f"{simulator}.fault", {"kind": kind, "times": times})
    word = b'"behaving' if kind == "none" else f"misbehaving: {kind}".encode()
    status = f"wattwire/{house.name}/{simulator}/$status"
    house.until(lambda: any(m.topic == status and word in m.payload for m in house.messages[before:]))


@pytest.mark.parametrize("simulator", ["simOctopus", "simTesla"])
def test_a_simulator_says_where_it_listens_however_it_behaves(house: Watched, simulator: str) -> None:
    for kind in ("500", "none"):
        misbehave(house, simulator, kind)
        said = [m.payload for m in house.messages if m.topic == f"wattwire/{house.name}/{simulator}/$status"]

        assert (b'"behaving' in said[-1]) == (kind == "none")
        assert b", listens on http://127.0.0.1:" in said[-1]


def chain(house: Watched, source: str, root: str) -> list[dict[str, Any]]:
    return [it for it in house.sent(source) if it["root"] == root]


def gaps(sent: list[dict[str, Any]]) -> list[float]:
    times = [datetime.fromisoformat(it["at"]) for it in sent]
    return [(b - a).total_seconds() for a, b in pairwise(times)]


def waited(found: list[float], wanted: list[float]) -> bool:
    """Never earlier than the file says; how much later is the machine's affair."""
    return len(found) == len(wanted) and all(w <= f < w + 10 for f, w in zip(found, wanted, strict=True))


def test_without_a_network_the_prices_are_asked_for_again_five_times_and_somebody_is_told(house: Watched) -> None:
    failed = house.came("rateFetcher.failed", 6)
    house.until(lambda: [it for it in house.sent("alarm.said") if it["cause"] == failed[5]["id"]])

    assert failed[0]["body"]["why"] == (
        "standard-unit-rates: 127.0.0.1 cannot be reached: [Errno 111] Connection refused"
    )
    assert waited(gaps(failed[:6]), [0.1, 0.3, 0.9, 1.0, 1.0])


@pytest.mark.parametrize(
    ("kind", "port", "wanted"),
    [
        ("500", "failed", [0.1, 0.3, 0.9, 1.0, 1.0]),
        ("403html", "blocked", [0.2, 0.4, 0.5, 0.5, 0.5, 0.5]),
        ("garbled", "failed", [0.1, 0.3, 0.9, 1.0, 1.0]),
    ],
)
def test_an_octopus_that_cannot_answer_is_asked_again_ever_later_and_then_somebody_is_told(
    house: Watched, kind: str, port: str, wanted: list[float]
) -> None:
    tokens, before = len(house.sent("krakenToken.token")), len(house.sent(f"dispatchFetcher.{port}"))
    misbehave(house, "simOctopus", kind)
    house.give("dispatchFetcher.poll", None)
    root = house.came(f"dispatchFetcher.{port}", before + 1)[before]["root"]
    house.until(lambda: chain(house, "alarm.said", root), 30)

    assert waited(gaps(chain(house, f"dispatchFetcher.{port}", root)), wanted)
    assert len(chain(house, "alarm.said", root)) == 1
    assert len(house.sent("krakenToken.token")) == tokens  # the token is not to blame


def test_an_expired_token_is_traded_anew_and_the_plan_asked_for_again_at_once(house: Watched) -> None:
    before = len(house.sent("dispatchFetcher.unauthorised"))
    misbehave(house, "simOctopus", "KT-CT-1124", times=1)
    house.give("dispatchFetcher.poll", None)
    refused = house.came("dispatchFetcher.unauthorised", before + 1)[before]
    house.until(lambda: chain(house, "dispatchFetcher.plan", refused["root"]))

    assert refused["body"]["code"] == "KT-CT-1124"
    assert [len(chain(house, source, refused["root"])) for source in ("krakenToken.token", "krakenDevice.device")] == [
        1, 1]  # fmt: skip
    assert not chain(house, "alarm.said", refused["root"])


def test_too_many_requests_keep_the_token_and_wait(house: Watched) -> None:
    tokens, before = len(house.sent("krakenToken.token")), len(house.sent("dispatchFetcher.throttled"))
    misbehave(house, "simOctopus", "KT-CT-1199", times=1)
    house.give("dispatchFetcher.poll", None)
    throttled = house.came("dispatchFetcher.throttled", before + 1)[before]
    house.until(lambda: chain(house, "dispatchFetcher.plan", throttled["root"]))

    assert waited(gaps([throttled, chain(house, "dispatchFetcher.plan", throttled["root"])[0]]), [0.4])
    assert len(house.sent("krakenToken.token")) == tokens


def test_a_wrong_key_is_told_once_an_hour(house: Watched) -> None:
    misbehave(house, "simOctopus", "wrongKey")
    for number in range(1, 4):
        house.give("krakenToken.want", None)
        refused = house.came("krakenToken.refused", number)
    house.until(lambda: any(it["cause"] == refused[0]["id"] for it in house.sent("alarm.said")))
    house.give("krakenToken.want", None)
    refused = house.came("krakenToken.refused", 4)
    told = [it for it in house.sent("alarm.said") if it["cause"] in {r["id"] for r in refused}]

    assert [it["body"]["why"] for it in told] == ["Authentication failed."]


def test_a_sleeping_car_is_looked_at_again_as_late_as_the_edge_says(house: Watched) -> None:
    misbehave(house, "simTesla", "asleep")
    house.give("teslaState.poll", None)
    root = house.came("teslaState.asleep")[0]["root"]
    asleep = house.came("teslaState.asleep", 4)[:4]

    misbehave(house, "simTesla", "none")
    house.until(lambda: any(car["body"]["state"] == "online" for car in chain(house, "teslaState.car", root)))

    assert waited(gaps(asleep), [0.3, 0.3, 0.3])
    assert {it["root"] for it in asleep} == {root}


def test_a_car_that_does_not_answer_is_not_taken_for_asleep(house: Watched) -> None:
    before = len(house.sent("teslaState.failed"))
    misbehave(house, "simTesla", "500")
    house.give("teslaState.poll", None)
    root = house.came("teslaState.failed", before + 1)[before]["root"]
    house.until(lambda: chain(house, "alarm.said", root))

    assert waited(gaps(chain(house, "teslaState.failed", root)), [0.1, 0.3, 0.9, 1.0, 1.0])


def test_a_token_that_tesla_refuses_is_traded_anew_and_the_car_looked_at_again(house: Watched) -> None:
    before = len(house.sent("teslaState.unauthorised"))
    misbehave(house, "simTesla", "401", times=1)
    house.give("teslaState.poll", None)
    root = house.came("teslaState.unauthorised", before + 1)[before]["root"]
    house.until(lambda: chain(house, "teslaState.car", root))

    assert len(chain(house, "teslaToken.token", root)) == 1
