"""What must be so on a GX before its battery is touched: its settings, its time zone, the grid."""

from __future__ import annotations

from datetime import datetime

import pytest
from gx_pair import NOON, Pair

from wattwire.nodes import sim_gx
from wattwire.nodes.gx_topics import DYNAMIC, ESS, ZONE


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        (f"{ESS}/Hub4Mode", 3, "ESS mode is 3, not Optimised"),
        (f"{ESS}/BatteryLife/State", 9, "ESS is set to keep the battery charged"),
        (DYNAMIC, 4, "Dynamic ESS is on and blocks schedules"),
        (ZONE, "Moon/Tranquility", "the GX's time zone is Moon/Tranquility"),
    ],
)
def test_what_forbids_control_is_said_in_plain_words_and_ends_a_lease(path: str, value: object, why: str) -> None:
    pair = Pair()
    pair.run(seconds=20)
    pair.lease("charge", 30)
    pair.run(seconds=20)
    pair.tell_gx(path, value)
    pair.run(seconds=5)

    assert pair.faults() == [why]
    assert (pair.house.controllable, pair.house.why_not) == (False, why)
    assert pair.slot()["Day"] == -7


def test_a_gx_without_a_time_zone_is_refused_in_summer_only() -> None:
    def why_not(now: datetime) -> str | None:
        pair = Pair(sim=sim_gx.Config(timezone="/UTC"), now=now)
        pair.run(seconds=20)
        return pair.house.why_not

    assert why_not(NOON) is None
    assert why_not(NOON.replace(month=7)) == "the GX's time zone is not set; set it to Europe/London"


def test_a_lost_grid_ends_the_lease(pair: Pair) -> None:
    pair.lease("charge", 30)
    pair.run(seconds=20)
    pair.set_fault("gridLost")
    pair.run(seconds=10)

    assert pair.slot()["Day"] == -7
    assert pair.house.grid is None
    assert pair.house.why_not is not None
    assert "nothing, the grid is gone" in pair.house.why_not
