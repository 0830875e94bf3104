"""What the GX tells, as a House: + is import, charging, drawing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from .gx_topics import LIMIT, SOURCE, Value
from .messages import House

LINES = ("L1", "L2", "L3")
GRID = tuple(f"system/0/Ac/Grid/{line}/Power" for line in LINES)
LOAD = tuple(f"system/0/Ac/Consumption/{line}/Power" for line in LINES)
PV = (
    *(f"system/0/Ac/{where}/{line}/Power" for where in ("PvOnGrid", "PvOnOutput", "PvOnGenset") for line in LINES),
    "system/0/Dc/Pv/Power",
)
SOC = "system/0/Dc/Battery/Soc"
BATTERY = "system/0/Dc/Battery/Power"
MODE = "system/0/SystemState/State"
NOMINAL = 230.0  # V
ABSURD = 1e9  # of any unit; no house has it, and sums of such numbers may overflow
JUMP = 300.0  # W; a car that starts or stops drawing
MODES = {
    0: "off",
    1: "low power",
    2: "fault",
    3: "bulk",
    4: "absorption",
    5: "float",
    6: "storage",
    7: "equalise",
    8: "passthru",
    9: "inverting",
    10: "assist",
    244: "sustain",
    252: "external",
    256: "discharging",
    257: "sustain",
    258: "recharge",
    259: "scheduled",
}


def house(seen: Mapping[str, Value], why_not: list[str], now: datetime) -> House:
    mode = number(seen, MODE)
    return House(
        at=now,
        soc=soc(seen),
        grid=total(seen, GRID),
        battery=number(seen, BATTERY),
        load=total(seen, LOAD),
        pv=total(seen, PV),
        ev=ev(seen),
        mode=None if mode is None else MODES.get(int(mode), f"state {mode:.0f}"),
        controllable=not why_not,
        why_not="; ".join(why_not) or None,
        input_limit=input_limit(seen),
        islanded=None if (source := number(seen, SOURCE)) is None else source != 1,
    )


def soc(seen: Mapping[str, Value]) -> float | None:
    """%; more or less than a battery holds is a mistake, and nothing is known."""
    level = number(seen, SOC)
    return level if level is not None and 0 <= level <= 100 else None


def ev(seen: Mapping[str, Value]) -> float | None:
    return total(seen, (p for p in seen if p.startswith("evcharger/") and p.endswith("/Ac/Power")))


def input_limit(seen: Mapping[str, Value]) -> float | None:
    """W that the GX lets in from the grid: a limit in A on each phase, at the measured voltage or the nominal one."""
    limit = number(seen, LIMIT)
    if limit is None or limit < 0:
        return None
    volts = next((v for p in seen if p.endswith("/Ac/ActiveIn/L1/V") and (v := number(seen, p))), NOMINAL)
    phases = number(seen, "system/0/Ac/ActiveIn/NumberOfPhases") or 1
    return round(limit * volts * phases)


def number(seen: Mapping[str, Value], path: str) -> float | None:
    value = seen.get(path)
    return float(value) if isinstance(value, int | float) and abs(value) < ABSURD else None


def total(seen: Mapping[str, Value], paths: Iterable[str]) -> float | None:
    """The sum of what is known, unknown if nothing is."""
    known = [v for p in paths if (v := number(seen, p)) is not None]
    return sum(known) if known else None


def telling(old: House | None, new: House) -> bool:
    """Whether something changed that others decide by; powers wait for their turn."""
    if old is None or old.controllable != new.controllable or old.why_not != new.why_not or old.mode != new.mode:
        return True
    if old.islanded != new.islanded or (old.input_limit is None) != (new.input_limit is None):
        return True
    if abs((old.ev or 0) - (new.ev or 0)) >= JUMP or (old.ev is None) != (new.ev is None):
        return True
    return (old.soc is None) != (new.soc is None) or (old.grid is None) != (new.grid is None)


def decisive(path: str) -> bool:
    """Whether a value may make a telling change; keeps the many powers cheap."""
    return path.startswith("evcharger/") or not (path.endswith(("/Power", "/V")) or path == SOC)
