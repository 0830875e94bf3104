"""Whatever happens to victronGx and its GX, in any order, the battery is free in the end."""

from __future__ import annotations

import random
from datetime import timedelta
from typing import Any

import pytest
from gx_pair import ID, NOON, USERS, Pair

from wattwire.nodes import victron_gx
from wattwire.nodes.gx_topics import FIELDS, SETPOINT, slot_path

FAULTS = ["silent", "reboot", "dynamicEss", "keepCharged", "gridLost", "settingsGone", "clockAhead", "chargerGone"]


@pytest.mark.parametrize("hold", ["slot", "overrides"])
@pytest.mark.parametrize("seed", range(6))
def test_whatever_happens_the_battery_is_free_when_the_last_lease_has_ended(seed: int, hold: Any) -> None:
    """Leases, faults, kills and meddling in any order; nobody but us uses the slot, and the GX lives at the end."""
    chance = random.Random(seed)
    pair = Pair(victron_gx.Config(url="mqtt://flow", hold=hold, proven={"v3.67": timedelta(minutes=5)}))
    pair.tell_slot(**USERS)
    last = NOON
    for _ in range(60):
        match chance.randrange(10):
            case 0 | 1 | 2:
                mode = chance.choice(["charge", "hold", "hold", "release"])
                lease = pair.lease(mode, chance.randrange(-1, 70), soc=chance.randrange(30, 101))
                last = max(last, min(lease.until, pair.now + timedelta(hours=1)))
            case 3:
                pair.set_fault(chance.choice(FAULTS))
            case 4:
                pair.set_fault("none")
            case 5:
                if chance.random() < 0.5:
                    pair.gx.will = None  # the broker dies with us
                pair.kill(pair.gx)
                pair.run(seconds=chance.randrange(1, 100))
                pair.start(pair.gx)
            case 6:
                pair.link(pair.gx, False)
                pair.run(seconds=chance.randrange(1, 30))
                pair.link(pair.gx, True)
            case 7:
                pair.deaf = {f"W/{ID}/{slot_path(4, chance.choice(FIELDS))}"} if chance.random() < 0.5 else set()
            case 8 if chance.random() < 0.3:
                pair.tell_slot(Soc=chance.randrange(100))
            case 9:
                pair.draw(chance.choice([0.0, 7000.0]))
        for _ in range(chance.randrange(1, 5)):
            pair.run(seconds=chance.choice([1, 3, 20, 100]))
            assert pair.plant.slot is None or pair.now <= last
            assert not pair.sim.state.overrides.get(SETPOINT) or pair.now <= last + timedelta(minutes=5)
    pair.deaf = set()
    pair.set_fault("none")
    pair.run(minutes=70)

    assert pair.slot()["Day"] < 0
    assert (pair.slot() | {"Soc": 65}) == USERS or pair.gx.state.blocked
    assert pair.sim.state.overrides.get(SETPOINT) is None
    mine = {slot_path(4, "Day").rpartition("/")[0], SETPOINT.rpartition("/")[0]}
    assert {p.rpartition("/")[0] for p in pair.writes()} <= mine
    assert not [topic for topic in pair.retained if topic.startswith("W/")]
    assert pair.gx.timers.keys() >= {"silence", "keepalive"}
    assert pair.house.controllable or "somebody changed" in (pair.house.why_not or "")
