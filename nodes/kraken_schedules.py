"""How full the car should be and by when, day by day: what a person says, and what Octopus has.

Longer than a page: a week is sent whole, so all that may be wrong with one is judged together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from itertools import groupby

from .calls import Fault, Json
from .kraken_errands import Asks, Entry, Errand, Wish
from .kraken_limits import limits
from .kraken_replies import Trouble, number

DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
GROUPS = {"WEEKDAYS": DAYS[:5], "WEEKEND": DAYS[5:]}


@dataclass(frozen=True, kw_only=True)
class Aim:
    percent: float | None = None
    ready_by: str | None = None  # local time, "07:30"


@dataclass(frozen=True, kw_only=True)
class Preferences:
    """For every day, and for days that differ. What is not given stays as Octopus has it."""

    percent: float | None = None
    ready_by: str | None = None  # local time, "07:30"
    days: Mapping[str, Aim] = field(default_factory=dict)  # monday to sunday, weekdays, weekend
    device: str | None = None  # its id or name, where the account has several


def wish(said: Preferences, now: datetime) -> Wish | str:
    """What is said of each day; or why nothing can be made of it."""
    given: dict[str, dict[str, object]] = {}
    aims: list[tuple[str, Aim | Preferences]] = [(day, said) for day in DAYS]
    aims += [(day, aim) for name, aim in said.days.items() for day in _days(name)]
    for day, aim in aims:
        if day not in DAYS:
            return f"{day!r} is not a day of the week"
        if aim.percent is not None and aim.percent <= 0:  # more likely a number that was not known
            return f"{aim.percent:g} % is not a level to charge to"
        told = {"percent": aim.percent, "ready_by": aim.ready_by}
        given.setdefault(day, {}).update({k: v for k, v in told.items() if v is not None})
    if not any(given.values()):
        return "nothing to set: say percent, ready_by or days"
    return Wish(at=now, what="charge preferences", given=given, device=said.device)


def wanted(given: Asks, entry: Entry) -> Asks | Trouble:
    """All seven days, as given and else as they are: a shorter list is no change to those, it is the loss of others."""
    if why := _barred(entry):
        return Trouble("refused", Fault(why))
    had, allowed = _schedules(entry), limits(entry)
    if had is None and not all(isinstance(g, Mapping) and len(g) == 2 for g in given.values()):
        return Trouble("failed", Fault("the car's preferences could not be read"))
    days: list[dict[str, object]] = []
    for day in DAYS:
        new, old = given.get(day), (had or {}).get(day, {})
        said: Mapping[str, object] = new if isinstance(new, Mapping) else {}
        ready_by = said.get("ready_by", old.get("time"))
        if "ready_by" in said and not allowed.allows(ready_by):
            return Trouble("refused", Fault(f"{ready_by!r} is not a time that Octopus allows: {allowed.times}"))
        percent = number(said["percent"]) if "percent" in said else None  # type: ignore[arg-type]
        most = _target(old) if percent is None else _plain(allowed.rounded(percent))
        if ready_by is None or most is None:
            return Trouble("refused", Fault(f"Octopus has no target for {day.capitalize()}: say percent and ready_by"))
        least = {"min": old["min"]} if "min" in old else {}
        days.append({"dayOfWeek": day, "time": ready_by, **least, "max": most})
    return {"mode": "CHARGE", "unit": "PERCENTAGE", "schedules": days}


def shown(asks: Asks, entry: Entry) -> bool:
    had, days = _schedules(entry) or {}, asks["schedules"]
    wanted_ = {d["dayOfWeek"]: (d["time"], d["max"]) for d in days} if isinstance(days, list) else {}
    return wanted_ == {day: (old.get("time"), old.get("max")) for day, old in had.items()}


def words(asks: Asks, entry: Entry) -> str:
    days, unit = asks["schedules"], "% more" if _adds(entry) else "%"
    aims = [(f"{d['max']} {unit} by {d['time']}", str(d["dayOfWeek"])) for d in days] if isinstance(days, list) else []
    runs = [(aim, [day.capitalize() for _, day in group]) for aim, group in groupby(aims, key=lambda a: a[0])]
    if len(runs) == 1:
        return f"{runs[0][0]} every day"
    return ", ".join(f"{aim} {'-'.join(dict.fromkeys((days[0][:3], days[-1][:3])))}" for aim, days in runs)


def merged(old: Asks, new: Asks) -> Asks:
    """An earlier wish that is not seen yet, with what a later one says of the same days."""
    both = {day: (old.get(day), new.get(day)) for day in DAYS}
    return {
        day: {k: v for part in parts if isinstance(part, Mapping) for k, v in part.items()}
        for day, parts in both.items()
    }


def _days(name: str) -> tuple[str, ...]:
    word = name.strip().upper()
    return GROUPS.get(word) or tuple(d for d in DAYS if len(word) >= 3 and d.startswith(word)) or (name,)


def _barred(entry: Entry) -> str | None:
    """Why nothing may be written, whatever is wished."""
    if str(entry.get("provider") or "").upper().startswith("OHME"):
        return "an Ohme charger is set in Ohme's own app; written here, Octopus may end its smart charging"
    match entry.get("preferences"):
        case {"unit": "CELSIUS"}:
            return "its schedule is in degrees, so it is no car or charger"
        case _:
            return None


def _adds(entry: Entry) -> bool:
    """Where Octopus cannot read the car's charge, its percentages are what to add."""
    match entry.get("preferences"):
        case {"targetType": "RELATIVE_STATE_OF_CHARGE"}:
            return True
        case _:
            return False


def _schedules(entry: Entry) -> dict[str, dict[str, str]] | None:
    """Octopus's own days, in plain text; None where it does not tell."""
    match entry.get("preferences"):
        case {"schedules": list(found)}:
            told = [f for f in found if isinstance(f, dict)]
            return {str(f.get("dayOfWeek")): _day(f) for f in told}
        case _:
            return None


def _day(found: Mapping[str, Json]) -> dict[str, str]:
    time, numbers = found.get("time"), {name: number(found.get(name)) for name in ("min", "max")}
    told = {name: _plain(value) for name, value in numbers.items() if value is not None}
    return {"time": time[:5], **told} if isinstance(time, str) else told


def _target(old: Mapping[str, str]) -> str | None:
    """What Octopus has is kept; 0 is no target, and not sent back as one."""
    most = old.get("max")
    return most if most is not None and Decimal(most) > 0 else None


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"


SETTING = Errand(
    fields="""__typename id name deviceType provider status { current }
    preferences { mode unit targetType schedules { dayOfWeek time min max } }
    preferenceSetting { scheduleSettings { id min max step timeFrom timeTo timeStep } }""",
    write="mutation Prefer($wish: SmartFlexDevicePreferencesInput!) { setDevicePreferences(input: $wish) { id } }",
    wanted=wanted,
    shown=shown,
    words=words,
    merged=merged,
    spare=True,
)
