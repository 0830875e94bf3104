"""How full victronController charges: a target before the setting, and as late in the window as will do."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from battery_talk import ask, at, house, lease, mode, night, rate

from wattwire.nodes.battery_memory import State
from wattwire.nodes.messages import BatteryTarget
from wattwire.nodes.victron_controller import Config


def target(soc: float, until: float = 600) -> BatteryTarget:
    return BatteryTarget(at=at(0), soc=soc, until=at(until), why="sun tomorrow")


@pytest.mark.parametrize(
    ("known", "wish", "soc"),
    [
        ({"target": target(60)}, "charge", 60),
        ({"target": target(40)}, "hold", None),
        ({"target": target(120)}, "charge", 100),
        ({"target": target(60, until=0)}, "charge", 80),  # it expired
    ],
)
def test_a_target_comes_before_the_setting_until_it_expires(
    known: dict[str, Any], wish: str, soc: float | None
) -> None:
    said = lease(rate=night(), house=house(), **known)

    assert (said.mode, said.soc) == (wish, soc)


def test_a_target_that_changes_while_it_charges_is_said() -> None:
    state, _ = ask(rate=night(), house=house())

    assert lease(state, 1, rate=night(), house=house(1), target=target(90)).soc == 90


def test_the_window_may_be_waited_in_until_what_is_left_is_just_enough() -> None:
    """From 40 to 80 % of 10 kWh at 4.5 kW takes 53 min; with an hour to spare that is 04:06 of a night until 06:00."""
    cfg, state, said = Config(charge_soc=80, late=timedelta(hours=1), capacity=10), State(), list[Any]()
    for minute in range(360):
        soc = 40 if minute < 250 else 45
        state, now = ask(state, minute, cfg, rate=night(360, minute), house=house(minute, soc=soc))
        said += [(minute, now.mode)] if now else []

    assert [minute for minute, wish in said if wish == "hold"] == [0, 50, 100, 150, 200]
    assert [minute for minute, wish in said if wish == "charge"] == [246, 296, 346]


def test_a_half_hour_that_only_a_dispatch_makes_cheap_is_never_waited_in() -> None:
    assert mode(cfg=Config(late=timedelta(hours=1), capacity=10), rate=rate(), house=house()) == "charge"
