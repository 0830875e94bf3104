"""Hold by an override: the house is fed, the car is not; only on a firmware where it was seen to live."""

from __future__ import annotations

import json
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from gx_pair import ID, Pair

from wattwire.nodes import Say, Stopping, sim_gx, victron_gx
from wattwire.nodes.gx_topics import SETPOINT, slot_path
from wattwire.nodes.messages import Charger
from wattwire.nodes.sim_messages import Drawn, SimFault

PROVEN = {"v3.67": timedelta(minutes=5)}


def house(ev: float = 7000, proven: dict[str, timedelta] = PROVEN, **sim: Any) -> Pair:
    gx = victron_gx.Config(url="mqtt://flow", hold="overrides", proven=proven)
    pair = Pair(gx, sim_gx.Config(**{"load": 1000, **sim}))
    pair.run(seconds=30)
    pair.call(pair.sim, ev=Drawn(at=pair.now, power=ev))
    pair.run(seconds=5)
    return pair


def setpoints(pair: Pair) -> list[bytes]:
    return [p for _, t, p in pair.said if t == f"W/{ID}/{SETPOINT}"]


def test_the_battery_feeds_the_house_and_the_grid_the_car_for_as_long_as_the_lease() -> None:
    pair = house()
    before = pair.plant.battery
    pair.lease("hold", 30)
    at_once = (pair.plant.battery, pair.ports())
    pair.run(minutes=29)
    late = pair.plant.battery
    pair.run(minutes=2)

    assert (before, at_once) == (-5000, (-1150, ["confirmed"]))
    assert late in (-1150, -1149)
    assert (pair.sim.state.overrides[SETPOINT], pair.ports()) == (None, ["confirmed", "confirmed"])
    assert not [p for p in pair.writes() if p.startswith(slot_path(4, "").rstrip("/"))]


def test_it_is_written_every_10_s_and_never_the_same_twice_and_never_retained() -> None:
    pair = house()
    pair.lease("hold", 30)
    pair.said.clear()
    pair.run(minutes=1)
    written = setpoints(pair)

    assert len(written) == 6
    assert all(a != b for a, b in pairwise(written))
    assert not [t for t in pair.retained if t.startswith("W/")]


def test_it_follows_what_the_car_draws() -> None:
    pair = house()
    pair.lease("hold", 30)
    pair.call(pair.sim, ev=Drawn(at=pair.now, power=3000))
    pair.run(seconds=11)

    assert pair.sim.state.overrides[SETPOINT] == 3050


@pytest.mark.parametrize(
    ("proven", "sim"), [({"v3.60": timedelta(minutes=5)}, {}), (PROVEN, {"charger": False})], ids=["firmware", "blind"]
)
def test_where_nobody_probed_or_nobody_sees_the_car_it_is_held_by_the_slot(
    proven: dict[str, timedelta], sim: dict[str, Any]
) -> None:
    pair = house(proven=proven, **sim)
    pair.lease("hold", 30)
    pair.run(seconds=20)

    assert (pair.plant.battery, pair.plant.slot, setpoints(pair)) == (0, 4, [])


def test_a_charger_that_the_gx_does_not_see_will_do_while_it_is_fresh() -> None:
    pair = house(charger=False)
    charger = Charger(at=pair.now, power=7000)
    pair.call(pair.gx, lease=None, charger=charger)  # any call: it is remembered
    pair.lease("hold", 30, charger=charger)
    seen = pair.sim.state.overrides[SETPOINT]
    for _ in range(13):
        pair.run(seconds=10)
    pair.run(seconds=20)

    assert seen == 7050
    assert (pair.sim.state.overrides[SETPOINT], pair.plant.slot, pair.plant.battery) == (None, 4, 0)


def test_who_else_writes_the_setpoint_is_left_alone_and_told() -> None:
    pair = house()
    pair.lease("hold", 30)
    pair.run(seconds=3)
    pair.tell_gx(SETPOINT, -2000)
    pair.said.clear()
    pair.run(minutes=1)

    assert pair.faults() == ["somebody changed the grid setpoint of the GX; left alone until released by hand"]
    assert (setpoints(pair), pair.sim.state.overrides[SETPOINT]) == ([], -2000)


def test_a_gx_that_drops_it_before_we_write_again_is_told() -> None:
    pair = house(override_life=timedelta(seconds=5))
    pair.lease("hold", 30)
    pair.run(minutes=1)

    assert pair.faults() == ["the GX does not keep the grid setpoint that was written"]


def test_dead_without_a_word_the_override_ends_by_itself() -> None:
    pair = house()
    pair.lease("hold", 30)
    pair.gx.will = None
    pair.kill(pair.gx)
    pair.run(minutes=4)
    alive = pair.plant.battery
    pair.run(minutes=2)

    assert (alive, pair.plant.battery) == (-1150, -5000)


@pytest.mark.parametrize("how", ["stop", "restart", "dynamicEss"])
def test_it_is_taken_back_by_a_stop_a_restart_and_a_doubt(how: str) -> None:
    pair = house()
    pair.lease("hold", 30)
    pair.run(seconds=15)
    match how:
        case "stop":
            pair.call(pair.gx, event=Stopping())
        case "restart":
            pair.kill(pair.gx)
            pair.run(minutes=2)
            pair.gx.state = pair.gx.state.__class__(
                **{**vars(pair.gx.state), "wish": None, "live": type(pair.gx.state.live)()}
            )
            pair.start(pair.gx)
        case _:
            pair.call(pair.sim, fault=SimFault(kind="dynamicEss"))
    pair.run(seconds=20)

    assert setpoints(pair)[-1] == b'{"value": null}'


def test_a_charge_turns_into_such_a_hold_and_back() -> None:
    pair = house()
    pair.lease("charge", 30, soc=90)
    pair.run(seconds=20)
    charge = pair.plant.battery
    pair.lease("hold", 30)
    pair.run(seconds=10)
    hold = (pair.plant.slot, pair.plant.battery)
    pair.lease("charge", 30, soc=90)
    pair.run(seconds=10)

    assert charge == 5000
    assert hold in ((None, -1150), (None, -1149))
    assert (pair.plant.slot, pair.plant.battery, pair.sim.state.overrides[SETPOINT]) == (4, 5000, None)


def test_it_is_never_more_than_the_input_limit() -> None:
    pair = house(input_limit=20)
    pair.lease("hold", 30)

    assert pair.sim.state.overrides[SETPOINT] == 4600


def test_without_the_line_of_a_probe_it_cannot_be_set() -> None:
    with pytest.raises(ValueError, match="hold: overrides needs proven"):
        victron_gx.Config(url="mqtt://flow", hold="overrides")


def test_an_override_that_never_ends_is_not_used() -> None:
    with pytest.raises(ValueError, match="overrides are used where they last 30 s to 10 min"):
        victron_gx.Config(url="mqtt://flow", hold="overrides", proven={"v3.67": timedelta(days=1)})


def test_a_setpoint_told_by_an_older_write_is_no_foreign_one() -> None:
    pair, topic = house(), f"N/{ID}/{SETPOINT}"
    pair.lease("hold", 30)
    pair.run(minutes=5)
    pair.deaf.add(topic)
    pair.run(seconds=10)  # written anew, and what the GX says of it is late
    pair.deaf.clear()
    older, newer = (json.loads(p) for p in setpoints(pair)[-2:])
    for told in (older, newer):
        pair.publish(Say(topic, told))
    written = len(setpoints(pair))
    pair.run(minutes=1)

    assert (older, newer) == ({"value": 7050}, {"value": 7051})
    assert (pair.faults(), len(setpoints(pair)) - written) == ([], 6)
