"""What a person asks of Octopus, where Octopus or a process of ours fails: nothing twice, and an end to all."""

from datetime import datetime
from random import Random

import pytest
from wishes import NODES, SET, START, at, confirmed, house, lived, said, story

from wattwire.flows.engine.bench import Bench
from wattwire.flows.engine.routes import EDGES
from wattwire.nodes import Reply, Request


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
