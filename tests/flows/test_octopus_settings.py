"""What a person asks of Octopus, lived through in the real flow, with simulators in place of Octopus and the house."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from random import Random
from typing import Any

import pytest

from wattwire.flows.engine.bench import Bench
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.loading import load
from wattwire.flows.engine.routes import EDGES
from wattwire.nodes import Fault, Json, Reply, Request, Secret
from wattwire.nodes.kraken_errands import Settled
from wattwire.nodes.messages import Plan

START = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SET: Json = {"percent": 85, "ready_by": "06:00"}
NODES = ("chargePreferences", "smartControl", "chargeCap", "boostCharge")
World = Callable[[str, Request, datetime], Reply | None]


@cache
def house() -> Flow:
    return load("simulated_house", env={})


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def lived(*puts: tuple[float, str, Any], until: float = 400, world: World | None = None) -> Bench:
    """The house, in which at so many seconds something is sent to a node."""
    bench = Bench(house(), START, world=world)
    for seconds, to, body in puts:
        bench.put(at(seconds), to, body)
    bench.run(at(until))
    assert bench.faults == []
    return bench


def story(bench: Bench, node: str) -> list[str]:
    """Seconds and port, or `read` and `write` for what the node asks."""
    told = []
    for seen in bench.seen:
        seconds = f"{(seen.at - START).total_seconds():.0f}"
        if seen.request is not None and seen.source == node:
            told.append(f"{seconds} {'write' if 'mutation' in str(seen.request.json) else 'read'}")
        elif seen.source.startswith(f"{node}."):
            told.append(f"{seconds} {seen.source.partition('.')[2]}")
    return told


def said(bench: Bench) -> list[str]:
    faults = [s.body.why for s in bench.seen if s.source == "alarm.said" and isinstance(s.body, Fault)]
    return [why for why in faults if why != "no plan has come yet"]


def confirmed(bench: Bench, node: str) -> list[str]:
    return [body.what for body in bench.bodies(f"{node}.confirmed") if isinstance(body, Settled)]


@pytest.mark.parametrize(
    ("to", "body", "what"),
    [
        ("chargePreferences.set", SET, "85 % by 06:00 every day"),
        ("chargePreferences.set", {"days": {"sunday": {"percent": 100}}}, "80 % by 07:30 Mon-Sat, 100 % by 07:30 Sun"),
        ("smartControl.suspend", None, "suspend smart charging"),
        ("smartControl.resume", None, "resume smart charging"),
        ("chargeCap.on", {}, "switch the charge cap on"),
        ("boostCharge.boost", None, "boost"),
        ("boostCharge.boost", {"device": "Simulated car"}, "boost"),
    ],
)
def test_it_is_confirmed_by_the_first_look_15_seconds_later(to: str, body: Json, what: str) -> None:
    bench = lived((100, to, body))

    node = to.partition(".")[0]
    assert story(bench, node) == ["100 read", "100 write", "100 pending", "115 read", "115 confirmed"]
    assert confirmed(bench, node) == [what]
    assert said(bench) == []


def test_a_device_that_shows_it_late_is_looked_at_15_then_30_then_60_seconds_apart() -> None:
    def late(node: str, request: Request, now: datetime) -> Reply | None:
        """The car that everybody sees first is as it was."""
        if node != "smartControl" or request.tag != "read" or now > at(160):
            return None
        car: Json = {"id": "00000000-0000-4000-8000-000000000001", "status": {"isSuspended": False}}
        return Reply(200, {"data": {"devices": [car]}})

    bench = lived((100, "smartControl.suspend", None), world=late)

    assert [s for s in story(bench, "smartControl") if "read" in s or "confirmed" in s] == [
        "100 read",
        "115 read",
        "145 read",
        "205 read",
        "205 confirmed",
    ]


@pytest.mark.parametrize(
    ("to", "body"),
    [
        ("chargePreferences.set", SET),
        ("smartControl.suspend", None),
        ("chargeCap.on", None),
        ("boostCharge.boost", None),
    ],
)
def test_what_octopus_took_and_never_shows_is_refused_after_four_looks(to: str, body: Json) -> None:
    bench = lived((90, "simOctopus.fault", {"kind": "unshown"}), (100, to, body))

    node = to.partition(".")[0]
    assert story(bench, node) == [
        "100 read",
        "100 write",
        "100 pending",
        "115 read",
        "115 pending",
        "145 read",
        "145 pending",
        "205 read",
        "205 pending",
        "325 read",
        "325 pending",
        "325 refused",
    ]
    assert [why.partition(": ")[2] for why in said(bench)] == ["Octopus took it, yet the device does not show it"]


@pytest.mark.parametrize(
    ("kind", "why"),
    [
        ("BC_DEVICE_NOT_AT_HOME", "boost: Octopus does not boost now: the car is not at home"),
        ("BC_DEVICE_DISCONNECTED", "boost: Octopus does not boost now: the car is not plugged in"),
        ("KT-CT-4356", "boost: the car is not ready for a boost: Device not ready for boost charge."),
        ("KT-CT-4123", "boost: Unexpected error."),
    ],
)
def test_a_refusal_is_told_at_once_with_octopus_s_reason(kind: str, why: str) -> None:
    bench = lived((90, "simOctopus.fault", {"kind": kind, "times": 1}), (100, "boostCharge.boost", None), until=110)

    assert story(bench, "boostCharge")[-1] == "100 refused"
    assert said(bench) == [why]


def test_a_boost_of_a_suspended_car_is_refused_and_of_a_resumed_one_runs_until_it_is_cancelled() -> None:
    bench = lived(
        (100, "smartControl.suspend", None),
        (200, "boostCharge.boost", None),
        (300, "smartControl.resume", None),
        (400, "boostCharge.boost", None),
        (500, "boostCharge.cancel", None),
        until=600,
    )

    assert said(bench) == ["boost: Octopus does not boost now: smart charging is suspended, resume it first"]
    assert confirmed(bench, "smartControl") == ["suspend smart charging", "resume smart charging"]
    assert confirmed(bench, "boostCharge") == ["boost", "cancel the boost"]
    drawn = [f"{s.at:%M:%S} {s.body.power:.0f}" for s in bench.seen if s.source == "simOctopus.ev"]  # type: ignore[attr-defined]
    assert drawn[-2:] == ["07:00 7100", "08:30 0"]


def test_suspended_shows_in_the_plan_at_once() -> None:
    bench = lived((100, "smartControl.suspend", None), until=120)

    last = [s for s in bench.seen if s.source == "dispatchFetcher.plan"][-1]
    assert isinstance(last.body, Plan)
    assert (last.at, last.body.suspended, last.body.dispatches) == (at(115), True, ())


def expiring(code: str, since: float) -> World:
    """The token of the start is refused from so many seconds on."""
    first: list[Secret] = []

    def world(node: str, request: Request, now: datetime) -> Reply | None:
        if request.authorization is None or "simOctopus" not in request.url:
            return None
        first.append(request.authorization)
        if request.authorization == first[0] and now >= at(since):
            return Reply(200, {"errors": [{"message": "expired", "extensions": {"errorCode": code}}], "data": None})
        return None

    return world


@pytest.mark.parametrize("code", ["KT-CT-1124", "KT-CT-1139", "OE-0103"])
def test_a_token_that_expires_before_the_wish_is_renewed_and_the_wish_carried_out(code: str) -> None:
    bench = lived((600, "smartControl.suspend", None), until=700, world=expiring(code, 599))

    assert story(bench, "smartControl") == [
        "600 read",
        "600 unauthorised",
        "610 read",
        "610 write",
        "610 pending",
        "625 read",
        "625 confirmed",
    ]
    assert len(bench.times("krakenToken.token")) == 2


def test_a_token_that_expires_between_the_write_and_the_look_does_not_write_twice() -> None:
    bench = lived((600, "boostCharge.boost", None), until=700, world=expiring("KT-CT-1124", 605))

    assert story(bench, "boostCharge") == [
        "600 read",
        "600 write",
        "600 pending",
        "615 read",
        "615 unauthorised",
        "625 read",
        "625 confirmed",
    ]


@pytest.mark.parametrize("kind", ["KT-CT-4358", "KT-CT-4359"])
def test_what_octopus_could_not_do_is_asked_once_more(kind: str) -> None:
    once = lived((90, "simOctopus.fault", {"kind": kind, "times": 1}), (100, "smartControl.suspend", None))
    always = lived((90, "simOctopus.fault", {"kind": kind}), (100, "smartControl.suspend", None))

    assert story(once, "smartControl") == [
        "100 read",
        "100 write",
        "100 undone",
        "115 read",
        "115 write",
        "115 pending",
        "130 read",
        "130 confirmed",
    ]
    assert story(always, "smartControl")[-3:] == ["115 write", "115 undone", "115 refused"]
    assert [why.startswith("suspend smart charging: given up: Unable to") for why in said(always)] == [True]


def test_a_lost_reply_is_looked_for_before_anything_is_asked_again() -> None:
    fault = (90.0, "simOctopus.fault", {"kind": "lostReply", "times": 1})
    suspend = lived(fault, (100, "smartControl.suspend", None))
    boost = lived(fault, (100, "boostCharge.boost", None))

    assert story(suspend, "smartControl") == ["100 read", "100 write", "100 failed", "110 read", "110 confirmed"]
    assert story(boost, "boostCharge") == ["100 read", "100 write", "100 pending", "115 read", "115 confirmed"]


def test_a_boost_that_may_or_may_not_have_been_taken_is_never_asked_for_twice() -> None:
    def deaf(node: str, request: Request, now: datetime) -> Reply | None:
        return Reply(502) if node == "boostCharge" and "mutation" in str(request.json) else None

    bench = lived((100, "boostCharge.boost", None), world=deaf)

    assert [s for s in story(bench, "boostCharge") if "write" in s] == ["100 write"]
    assert said(bench) == ["boost: it is not known whether Octopus took it, and the device does not show it"]


def test_a_stale_device_is_found_anew() -> None:
    fault = (90.0, "simOctopus.fault", {"kind": "KT-CT-4313", "times": 2})
    bench = lived(fault, (100, "chargeCap.on", None), until=180)

    assert "gone" in " ".join(story(bench, "chargeCap"))
    assert confirmed(bench, "chargeCap") == ["switch the charge cap on"]


def test_an_octopus_that_is_down_ends_the_wish_after_seven_minutes() -> None:
    def down(node: str, request: Request, now: datetime) -> Reply | None:
        return Reply(502) if "simOctopus" in request.url and now >= at(100) else None

    bench = lived((100, "smartControl.suspend", None), until=1000, world=down)

    assert [s for s in story(bench, "smartControl") if "read" not in s] == [
        "100 failed",
        "110 failed",
        "140 failed",
        "230 failed",
        "500 failed",
        "500 refused",
    ]
    assert "suspend smart charging: given up: HTTP 502" in said(bench)


def test_polling_that_has_used_its_calls_leaves_some_to_a_person() -> None:
    polls = [(float(n), "krakenDevice.poll", None) for n in range(20, 400, 5)]
    bench = lived(*polls, (450, "chargePreferences.set", SET), until=500)

    assert bench.times("krakenDevice.throttled") != []
    assert confirmed(bench, "chargePreferences") == ["85 % by 06:00 every day"]


def test_a_spent_budget_is_waited_for_and_what_takes_too_long_is_not_carried_out() -> None:
    def spent(node: str, request: Request, now: datetime) -> Reply | None:
        left = (at(1900) - now).total_seconds()
        if node != "smartControl" or left <= 0:
            return None
        return Reply(0, spent="octopus 9a8a46", why="60 calls an hour", headers={"retry-after": f"{left:.0f}"})

    soon = lived((1000, "smartControl.suspend", None), until=2000, world=spent)
    late = lived((50, "smartControl.suspend", None), until=2000, world=spent)

    assert story(soon, "smartControl")[1:] == [
        "1000 spent",
        "1900 read",
        "1900 write",
        "1900 pending",
        "1915 read",
        "1915 confirmed",
    ]
    assert story(late, "smartControl")[1:] == ["50 spent", "1900 refused"]
    assert said(late) == ["suspend smart charging: given up, as it took too long"]


def test_a_person_who_sends_many_wishes_runs_into_the_budget_and_not_into_octopus() -> None:
    wishes = [(100.0 + 5 * n, f"smartControl.{'resume' if n % 2 else 'suspend'}", None) for n in range(60)]
    bench = lived(*wishes, until=600)

    assert bench.times("smartControl.spent") != []
    assert sum("simOctopus" in s.request.url for s in bench.seen if s.request) > 60  # asked, and not made
    assert bench.times("smartControl.throttled") == []


def test_two_wishes_in_a_row_are_both_carried_out() -> None:
    bench = lived(
        (100, "chargePreferences.set", {"percent": 60}), (105, "chargePreferences.set", {"ready_by": "05:00"})
    )

    assert confirmed(bench, "chargePreferences") == ["60 % by 05:00 every day"]
    assert said(bench) == []


@pytest.mark.parametrize("seconds", [100, 101, 108, 116])
def test_a_wish_survives_the_death_of_its_node_and_of_the_edges(seconds: float) -> None:
    bench = Bench(house(), START)
    bench.put(at(100), "boostCharge.boost", None)
    for name in ("boostCharge", EDGES):
        bench.do(at(seconds + 0.5), lambda name=name: bench.crash(name))  # type: ignore[misc]
    bench.run(at(200))

    assert confirmed(bench, "boostCharge") == ["boost"]
    assert story(bench, "boostCharge").count("100 write") == 1


CODES = ("1111", "1113", "1124", "1199", "4123", "4301", "4313", "4314", "4321", "4353", "4354", "4356", "4357", "4358")
ANSWERS = [
    *(Reply(200, {"errors": [{"message": n, "extensions": {"errorCode": f"KT-CT-{n}"}}]}) for n in (*CODES, "7899")),
    *(
        Reply(502),
        Reply(0, why="no answer"),
        Reply(403, text="<html>"),
        Reply(200, text="{"),
        Reply(200, {"data": None}),
    ),
    Reply(429, {}, headers={"retry-after": "600"}),
    Reply(0, spent="octopus 9a8a46", headers={"retry-after": "1800"}),
]


@pytest.mark.parametrize("seed", range(6))
def test_whatever_octopus_answers_every_wish_has_an_end(seed: int) -> None:
    chance = Random(seed)
    share = chance.choice([0.1, 0.3, 0.6, 0.9, 1])

    def odd(node: str, request: Request, now: datetime) -> Reply | None:
        return chance.choice(ANSWERS) if node in NODES and chance.random() < share else None

    ports = {"smartControl": ("suspend", "resume"), "chargeCap": ("on", "off"), "boostCharge": ("boost", "cancel")}
    wishes = [(100 + 400 * chance.random(), f"{n}.{chance.choice(p)}", None) for n, p in ports.items() for _ in "123"]
    bench = lived(*wishes, (300, "chargePreferences.set", SET), until=6000, world=odd)

    assert [bench.actors[node].state.wishes for node in NODES] == [()] * 4
    assert all(bench.times(f"{node}.confirmed") + bench.times(f"{node}.refused") for node in NODES)
    assert max(len(bench.requests(node)) for node in NODES) < 30


def test_a_shadow_run_asks_nothing_of_octopus() -> None:
    bench = Bench(house(), START, shadow=True)
    for node, port in zip(NODES, ("set", "suspend", "on", "boost"), strict=True):
        bench.put(at(100), f"{node}.{port}", SET if port == "set" else None)
    bench.run(at(130))

    assert [story(bench, node) for node in NODES] == [[], [], [], []]
