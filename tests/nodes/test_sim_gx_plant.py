"""The simulated GX's plant: slots, energy, overrides, limits and fuses."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sim_gx_talk import NOON, Gx

from wattwire.nodes.sim_gx import Config
from wattwire.nodes.sim_messages import Drawn, SimFault


def test_a_slot_charges_then_ends_by_itself_and_comes_back_in_a_week(gx: Gx) -> None:
    gx.slot(Start=43_200, Duration=600, Soc=80, Day=5)
    gx.run(seconds=6)
    began = (gx.state.plant.slot, gx.state.plant.battery)
    gx.run(minutes=10)
    ended = gx.state.plant.slot
    gx.run(days=7, minutes=-8)

    assert (began, ended, gx.state.plant.slot) == ((4, 5000.0), None, 4)


def test_the_lowest_slot_wins(gx: Gx) -> None:
    gx.slot(4, Start=43_200, Duration=600, Soc=80, Day=5)
    gx.slot(2, Start=43_200, Duration=600, Soc=0, Day=7)
    gx.run(seconds=6)

    assert (gx.state.plant.slot, gx.state.plant.battery) == (2, 0.0)


def test_energy_is_what_flowed_over_time() -> None:
    gx = Gx(Config(capacity=10, soc=20, charge=3000))
    gx.slot(Start=43_200, Duration=7200, Soc=100, Day=5)
    gx.run(hours=1, seconds=5)
    gx.hear("R/ID/system/0/Dc")

    assert gx.state.plant.soc == pytest.approx(50, abs=0.1)


def test_powers_add_up_with_the_car(gx: Gx) -> None:
    gx.call(Drawn(at=gx.now, power=7000))
    plant = gx.state.plant

    assert (plant.load, plant.battery) == (7540, -5000)
    assert ("system/0/Ac/Grid/L1/Power", {"value": 2540}) in gx.said


def test_dynamic_ess_blocks_slots_and_overrides(gx: Gx) -> None:
    gx.call(SimFault(kind="dynamicEss"))
    gx.slot(Start=43_200, Duration=600, Soc=80, Day=5)
    gx.write("hub4/0/Overrides/Setpoint", 3000)
    gx.run(seconds=6)

    assert (gx.state.plant.slot, gx.state.plant.status, dict(gx.state.overrides)) == (None, 4, {})


def test_an_override_is_forgotten_after_300_s(gx: Gx) -> None:
    gx.write("hub4/0/Overrides/Setpoint", 3000)
    charged = gx.state.plant.battery
    gx.run(seconds=301)
    gx.hear("R/ID/system/0/Dc")

    assert (charged, gx.state.plant.battery) == (2460, -490)


def test_a_day_that_nobody_watches_costs_a_step_each_half_hour() -> None:
    gx = Gx()
    gx.slot(Start=3600, Duration=600, Soc=80, Day=7)
    gx.said.clear()
    gx.run(hours=24)

    assert gx.said == []
    assert gx.state.plant.at == NOON + timedelta(hours=24)


@pytest.mark.parametrize(("life", "after"), [(60, 61), (300, 301)])
def test_how_long_an_override_lives_is_a_setting(life: int, after: int) -> None:
    gx = Gx(Config(override_life=timedelta(seconds=life)))
    gx.hear("R/ID/keepalive")
    gx.write("hub4/0/Overrides/Setpoint", 3000)
    gx.run(seconds=life - 2)
    before = gx.state.plant.battery
    gx.hear("R/ID/keepalive")
    gx.run(seconds=3)

    assert (before, gx.state.plant.battery) == (2460, -490)
    assert ("hub4/0/Overrides/Setpoint", {"value": None}) in gx.said


def test_an_override_may_live_for_ever() -> None:
    gx = Gx(Config(override_life=None))
    gx.write("hub4/0/Overrides/Setpoint", 500)
    gx.run(days=1)
    gx.hear("R/ID/system/0/Dc")

    assert gx.state.overrides["hub4/0/Overrides/Setpoint"] == 500


@pytest.mark.parametrize(("honoured", "battery"), [(True, 5000), (False, -490)])
def test_a_force_charge_override_is_honoured_or_ignored_as_set(honoured: bool, battery: float) -> None:
    gx = Gx(Config(force_charge=honoured))
    gx.hear("R/ID/keepalive")
    gx.write("hub4/0/Overrides/ForceCharge", 1)

    assert gx.state.plant.battery == battery


@pytest.mark.parametrize(("limit", "battery"), [(63, 5000), (40, 1660), (20, 0), (-1, 5000)])
def test_the_input_limit_bounds_what_the_battery_takes_beside_the_car(limit: float, battery: float) -> None:
    gx = Gx(Config(input_limit=limit))
    gx.call(Drawn(at=gx.now, power=7000))
    gx.slot(Start=43_200, Duration=600, Soc=80, Day=5)
    gx.run(seconds=6)

    assert gx.state.plant.battery == battery


def test_a_fuse_blows_after_a_minute_and_the_car_is_dark_while_the_battery_carries_the_house() -> None:
    gx = Gx(Config(input_limit=-1, fuse=9200))
    gx.hear("R/ID/keepalive")
    gx.call(Drawn(at=gx.now, power=7000))
    gx.slot(Start=43_200, Duration=600, Soc=80, Day=5)
    gx.run(seconds=55)
    before = gx.state.plant.grid
    gx.hear("R/ID/keepalive")
    gx.run(seconds=20)
    plant = gx.state.plant

    assert (before, plant.grid) == (True, False)
    assert (plant.load, plant.battery) == (540, -540)
    assert ("system/0/Ac/ActiveIn/Source", {"value": 240}) in gx.said
