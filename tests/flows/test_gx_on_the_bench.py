"""victronGx and simGx in a flow, in made-up time: what the other nodes of a house see of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from wattwire.flows.engine.bench import Bench
from wattwire.flows.engine.loading import load_text
from wattwire.nodes.gx_topics import FIELDS, slot_path
from wattwire.nodes.wishes import OWNER

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
FLOW = """
flow: gx
nodes:
  simGx:  {type: simGx}
  gx:     {type: victronGx, config: {url: "mqtt://flow"}}
  meddle: {type: mqttOut, config: {topic: W/c0619ab27f32/%s, payload: {value: 60}}}
ends: [gx.house, gx.confirmed, gx.refused, gx.lost, meddle.sent, meddle.failed]
"""


def house() -> Bench:
    return Bench(load_text(FLOW % slot_path(4, "Soc")), NOON)


def after(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def lease(mode: str, until: float = 50, owner: str = "victronController") -> dict[str, object]:
    return {"mode": mode, "until": after(until).isoformat(), "soc": 90, "reason": "", "owner": owner}


def slot(bench: Bench) -> dict[str, float]:
    settings = bench.actors["simGx"].state.settings
    return {field: settings[slot_path(4, field)] for field in FIELDS}


@pytest.mark.parametrize(
    ("port", "body", "goes_on"),
    [
        ("gx.rearm", None, True),
        ("gx.lease", lease("release", owner="a person"), True),
        ("gx.lease", lease("release"), False),
    ],
    ids=["rearm", "a person's release", "the controller's own release"],
)
def test_what_somebody_changed_is_left_alone_until_a_person_says_so(port: str, body: object, goes_on: bool) -> None:
    bench = house()
    bench.put(after(1), "gx.lease", lease("charge"))
    bench.put(after(2), "meddle.body", {})
    bench.put(after(3), port, body)
    bench.put(after(4), "gx.lease", lease("hold"))
    bench.run(after(5))

    assert [fault.code for fault in bench.bodies("gx.refused")][:1] == ["changed"]
    assert bench.bodies("gx.house")[-1].controllable is goes_on
    assert ("hold" in [it.mode for it in bench.bodies("gx.confirmed")]) is goes_on


def test_a_release_by_hand_goes_on_whoever_held_the_lease() -> None:
    bench = house()
    bench.put(after(1), "gx.lease", lease("charge", owner=OWNER))
    bench.put(after(2), "meddle.body", {})
    bench.put(after(3), "gx.lease", lease("release", owner=OWNER))
    bench.run(after(4))

    assert [fault.code for fault in bench.bodies("gx.refused")] == ["changed"]
    assert bench.bodies("gx.house")[-1].controllable is True


def test_a_killed_node_leaves_the_slot_as_it_was_and_goes_on_with_its_lease() -> None:
    bench = house()
    bench.put(after(1), "gx.lease", lease("charge", until=20))
    bench.do(after(5), lambda: bench.crash("gx"))
    bench.run(after(7))
    during = bench.bodies("gx.house")[-1].mode
    bench.run(after(30))

    assert during == "scheduled"
    assert slot(bench) == {"Day": -7, "Start": 0, "Duration": 0, "Soc": 100, "AllowDischarge": 0}


def test_the_write_of_a_lease_takes_no_time_and_its_effect_one_tick_of_the_gx() -> None:
    bench = house()
    bench.put(after(1), "gx.lease", lease("charge"))
    bench.put(after(3), "gx.lease", lease("hold"))
    bench.run(after(4))

    assert bench.times("gx.confirmed")[-1] == "12:03:05"
    assert bench.bodies("gx.house")[-1].battery == 0


def test_a_wear_that_nothing_follows_leaves_as_a_refusal() -> None:
    text = (FLOW % slot_path(4, "Soc")).replace('{url: "mqtt://flow"}', '{url: "mqtt://flow", writes: 10}')
    bench = Bench(load_text(text), NOON)
    for n in range(4):
        bench.put(after(n + 1), "gx.lease", lease("hold"))
        bench.put(after(n + 1.5), "gx.lease", lease("release"))
    bench.run(after(6))

    assert {fault.code for fault in bench.bodies("gx.refused")} == {"worn"}
