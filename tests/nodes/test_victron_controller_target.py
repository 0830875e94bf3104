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


@pytest.mark.parametrize(("soc", "wish", "to"), [(25, "charge", 80), (77, "charge", 80), (80, "hold", None)])
def test_a_target_is_for_the_end_of_the_window_and_none_for_what_a_dispatch_makes_cheap(
    soc: float, wish: str, to: float | None
) -> None:
    """By the end of the night 20 % may do, and this evening the battery would run out at the day's price."""
    said = lease(rate=rate(), house=house(soc=soc), target=target(20))

    assert (said.mode, said.soc) == (wish, to)


def test_where_a_dispatch_runs_into_the_window_what_is_above_the_target_is_held() -> None:
    state, _ = ask(rate=rate(), house=house(soc=60), target=target(50))

    assert lease(state, 30, rate=night(minutes=30), house=house(30, soc=62), target=target(50)).mode == "hold"


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
