"""Whether the supply bears a charge: the battery takes all that its charger gives, beside the house and the car."""

from __future__ import annotations

from typing import Protocol

from .messages import House

BACK = 500.0  # W more must be free to begin than to go on
UNKNOWN = "the main fuse could be overloaded: set `fuse` to its amperes, or an AC input limit on the inverter"


class Supply(Protocol):
    """Of the settings, what the supply bears and what a charge draws."""

    @property
    def fuse(self) -> float | None: ...
    @property
    def voltage(self) -> float: ...
    @property
    def spare(self) -> float: ...
    @property
    def charge_power(self) -> float: ...


def refusal(cfg: Supply, house: House, charging: bool) -> str:
    """Why the battery may not be charged; empty if it may."""
    limited = house.input_limit is not None
    if cfg.fuse is None:
        return "" if limited else UNKNOWN
    bears = cfg.fuse * cfg.voltage
    if house.grid is None or house.battery is None:
        bounded = house.input_limit is not None and house.input_limit <= bears
        return "" if bounded else "the grid's or the battery's power is not measured, so the fuse may be overloaded"
    others = house.grid - house.battery  # the house and the car, less what the panels give
    draws = max(cfg.charge_power, house.battery)
    left = bears - cfg.spare - others
    if left >= draws + (0 if charging else BACK):
        return ""
    return f"the {cfg.fuse:.0f} A fuse leaves {max(left, 0):.0f} W beside house and car; charging draws {draws:.0f} W"
