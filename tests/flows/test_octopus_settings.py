"""What a person asks of Octopus, lived through in the real flow, with simulators in place of Octopus and the house."""

from datetime import datetime

import pytest
from wishes import NODES, SET, START, at, confirmed, house, lived, said, story

from wattwire.flows.engine.bench import Bench
from wattwire.nodes import Json, Reply, Request
from wattwire.nodes.messages import Plan


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


def test_two_wishes_in_a_row_are_both_carried_out() -> None:
    bench = lived(
        (100, "chargePreferences.set", {"percent": 60}), (105, "chargePreferences.set", {"ready_by": "05:00"})
    )

    assert confirmed(bench, "chargePreferences") == ["60 % by 05:00 every day"]
    assert said(bench) == []


def test_a_shadow_run_asks_nothing_of_octopus() -> None:
    bench = Bench(house(), START, shadow=True)
    for node, port in zip(NODES, ("set", "suspend", "on", "boost"), strict=True):
        bench.put(at(100), f"{node}.{port}", SET if port == "set" else None)
    bench.run(at(130))

    assert [story(bench, node) for node in NODES] == [[], [], [], []]
