"""Charging stays below the main fuse: by the inverter's limit, or by what is measured."""

from __future__ import annotations

from dataclasses import replace

import pytest
from battery_talk import NO_FUSE, ask, at, lease, mode, night, rate

from wattwire.nodes.battery_memory import State
from wattwire.nodes.messages import House
from wattwire.nodes.victron_controller import Config


def grid(power: float | None, battery: float | None = 0, limit: float | None = None, minutes: float = 0) -> House:
    return House(at=at(minutes), soc=40, grid=power, battery=battery, controllable=True, input_limit=limit)


NEITHER = f"power is cheap, but {NO_FUSE}"
NOT_MEASURED = "power is cheap, but the grid's or the battery's power is not measured, so the fuse may be overloaded"


@pytest.mark.parametrize(
    ("cfg", "known", "wish", "why"),
    [
        (Config(), grid(300), "hold", NEITHER),
        (Config(), grid(300, limit=9200), "charge", "power is cheap, and the battery at 40 % is below 95 %"),
        (Config(fuse=60), grid(300), "charge", "power is cheap, and the battery at 40 % is below 95 %"),  # 13.8 kW
        (Config(fuse=60), grid(7300), "charge", "power is cheap, and the battery at 40 % is below 95 %"),
        (
            Config(fuse=60),
            grid(7400),  # house and car
            "hold",
            "power is cheap, but the 60 A fuse leaves 5400 W beside house and car; charging draws 5000 W",
        ),
        (Config(fuse=60), grid(4000, battery=-3400), "hold", None),  # what the battery gives, it will not give then
        (Config(fuse=60), grid(-3000, battery=-3400), "charge", None),
        (Config(fuse=60, charge_power=3000), grid(9000), "charge", None),
        (Config(fuse=100), grid(9000), "charge", None),
        (Config(fuse=60, voltage=400), grid(9000), "charge", None),
        (Config(fuse=60), grid(None), "hold", NOT_MEASURED),
        (Config(fuse=60), grid(300, battery=None), "hold", NOT_MEASURED),
        (Config(fuse=60), grid(None, limit=9200), "charge", None),  # the inverter sees to it
        (Config(fuse=60), grid(None, limit=23000), "hold", NOT_MEASURED),  # it would let through more than the fuse
    ],
)
def test_charging_wants_a_limit_or_measured_headroom(cfg: Config, known: House, wish: str, why: str | None) -> None:
    said = lease(cfg=cfg, rate=rate(), house=known)

    assert (said.mode, said.reason if why else None) == (wish, why)


@pytest.mark.parametrize("soc", [0, 60, 91, 93, 96])
@pytest.mark.parametrize("cfg", [Config(), Config(fuse=60)], ids=["no fuse", "grid not measured"])
def test_a_battery_that_may_not_be_charged_is_not_used_up_while_power_is_cheap(cfg: Config, soc: float) -> None:
    state = State()
    for minute in (0, 1, 50):
        state, now = ask(
            state, minute, cfg, rate=night(minutes=minute), house=replace(grid(None, minutes=minute), soc=soc)
        )
        assert now is None or (now.mode, now.soc) == ("hold", None)

    assert mode(rate=rate("standard"), house=grid(300)) == "release"


def test_a_charge_gives_way_to_the_oven_and_the_car_and_waits_before_it_begins_again() -> None:
    cfg, state, said = Config(fuse=60), State(), []
    powers = [(0, 300.0, 0.0), (1, 5300.0, 5000.0), (2, 12700.0, 5000.0), (3, 13000.0, 5000.0), (4, 300.0, 0.0)]
    for minute, power, battery in [*powers, (7.9, 300.0, 0.0), (8, 300.0, 0.0)]:
        state, now = ask(state, minute, cfg, rate=rate(), house=grid(power, battery, minutes=minute))
        said += [(minute, now.mode, now.reason)] if now else []

    enough = "power is cheap, and the battery at 40 % is below 95 %"  # at 2 min 12.7 kW of 13.8, and 1 kW to spare
    short = "power is cheap, but the 60 A fuse leaves 4800 W beside house and car; charging draws 5000 W"
    assert said == [(0, "charge", enough), (3, "hold", short), (8, "charge", enough)]
