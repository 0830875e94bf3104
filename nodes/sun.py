"""What the sun is expected to bring, as three services tell it, and how full a battery that leaves before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from itertools import pairwise

from . import replace
from .calls import Json, Reply
from .field import figure

HALF_HOUR = timedelta(minutes=30)
HOUR = timedelta(hours=1)
NIGHT = timedelta(hours=9)  # of the dark before sunrise and after sunset: from 15:00 in December to the cheap hours
LONGEST = timedelta(days=2)  # between two times of one forecast


@dataclass(frozen=True, kw_only=True)
class Spell:
    """Energy of one span of time."""

    start: datetime
    end: datetime
    kwh: float
    kwh_low: float | None = None  # this little, or less, on one day in ten


@dataclass(frozen=True, kw_only=True)
class Forecast:
    at: datetime
    source: str
    spells: tuple[Spell, ...] = ()

    def energy(self, start: datetime, end: datetime, low: bool) -> float | None:
        """kWh between two instants; None where the forecast has a hole there."""
        met = [s for s in self.spells if s.start < end and start < s.end]
        if sum((min(s.end, end) - max(s.start, start) for s in met), timedelta()) < end - start:
            return None
        return sum(_part(s, start, end) * (s.kwh_low if low and s.kwh_low is not None else s.kwh) for s in met)

    @staticmethod
    def of(at: datetime, source: str, roofs: Iterable[Iterable[Spell]]) -> Forecast:
        return Forecast(at=at, source=source, spells=together(*roofs))


@dataclass(frozen=True, kw_only=True)
class Plane:
    """Panels that look one way."""

    tilt: float  # degrees; 0 lies flat, 90 stands
    azimuth: float  # degrees; 0 south, -90 east, 90 west
    kwp: float

    def __post_init__(self) -> None:
        if not (0 <= self.tilt <= 90 and -180 <= self.azimuth <= 180 and self.kwp > 0):
            raise ValueError("tilt is 0 to 90, azimuth -180 to 180, and kwp more than 0")


def solcast(reply: Reply) -> tuple[Spell, ...] | None:
    """`pv_estimate` is the mean kW of a period that ends at `period_end`."""
    match reply.json:
        case {"forecasts": [_, *_] as found}:
            spells = [_solcast(f) for f in found]
            return None if None in spells else tuple(s for s in spells if s is not None)
    return None


def _solcast(found: Json) -> Spell | None:
    if not isinstance(found, dict):
        return None
    match found:
        case {"pv_estimate": told, "period_end": str(end_text), "period": "PT30M" | "PT60M" as period}:
            end, long = instant(end_text), HALF_HOUR if period == "PT30M" else HOUR
            kw, low, hours = figure(told), figure(found.get("pv_estimate10")), long / HOUR
            if end is None or kw is None:
                return None
            low_kwh = None if low is None else max(0.0, low) * hours
            return Spell(start=end - long, end=end, kwh=max(0.0, kw) * hours, kwh_low=low_kwh)
    return None


def forecast_solar(reply: Reply) -> tuple[Spell, ...] | None:
    """Wh since the time before; the first of a day says when the sun rises."""
    match reply.json:
        case {"result": {"watt_hours_period": dict(found)}} | {"result": dict(found)} if found:
            told = [(instant(t), figure(wh)) for t, wh in found.items()]
        case _:
            return None
    times = sorted((t, max(0.0, wh)) for t, wh in told if t is not None and wh is not None)
    if len(times) != len(told) or any(b - a > LONGEST for (a, _), (b, _) in pairwise(times)):
        return None
    first, last = times[0][0], times[-1][0]
    days = [Spell(start=a, end=b, kwh=wh / 1000) for (a, _), (b, wh) in pairwise(times)]
    before = Spell(start=first - NIGHT, end=first, kwh=0.0)
    after = Spell(start=last, end=last + NIGHT, kwh=0.0)
    return (before, *days, after) if days else None


def open_meteo(reply: Reply, plane: Plane, loss: float) -> tuple[Spell, ...] | None:
    """W/m² on the plane, the mean of the hour before; less than nothing is an error of theirs, and nothing."""
    match reply.json:
        case {"hourly": {"time": [_, *_] as times, "global_tilted_irradiance": [*watts]}} if len(times) == len(watts):
            pass
        case _:
            return None
    ends = [instant(f"{t}Z") if isinstance(t, str) else None for t in times]
    return tuple(
        Spell(start=end - HOUR, end=end, kwh=max(0.0, w) / 1000 * plane.kwp * (1 - loss))
        for end, w in zip(ends, map(figure, watts), strict=True)
        if end is not None and w is not None
    )


def together(*roofs: Iterable[Spell]) -> tuple[Spell, ...]:
    """Several roofs as one: the half hours that all of them tell, added up."""
    halves = [_halved(roof) for roof in roofs]
    all_ = sorted(set.intersection(*map(set, halves))) if halves else []
    return tuple(reduce(_plus, (roof[start] for roof in halves)) for start in all_)


def _halved(roof: Iterable[Spell]) -> dict[datetime, Spell]:
    found: dict[datetime, Spell] = {}
    for spell in roof:
        for start, share in _half_hours(spell):
            low = None if spell.kwh_low is None else spell.kwh_low * share
            part = Spell(start=start, end=start + HALF_HOUR, kwh=spell.kwh * share, kwh_low=low)
            found[start] = _plus(found[start], part) if start in found else part
    return found


def _plus(one: Spell, other: Spell) -> Spell:
    """Of the same half hour."""
    low = None if one.kwh_low is None or other.kwh_low is None else one.kwh_low + other.kwh_low
    return replace(one, kwh=one.kwh + other.kwh, kwh_low=low)


def least(
    forecast: Forecast, span: tuple[datetime, datetime], use: float, within: tuple[float, float], low: bool
) -> float | None:
    """kWh that a battery must hold as a span begins, so as to stay within bounds (kWh) with a house of `use` kWh a day.

    Reckoned from the end: what a half hour lacks must be there before it; a surplus helps only until it is full.
    """
    (start, at), (reserve, capacity) = span, within
    need = reserve
    while at > start:
        before = max(start, at - HALF_HOUR)
        sun = forecast.energy(before, at, low)
        if sun is None:
            return None
        need = min(capacity, max(reserve, need + use * ((at - before) / (24 * HOUR)) - sun))
        at = before
    return need


def instant(text: str) -> datetime | None:
    """A time with an offset, as UTC, if no forecast of another century; some write seven digits of a second."""
    head, dot, tail = text.partition(".")
    digits = len(tail) - len(tail.lstrip("0123456789"))
    try:
        found = datetime.fromisoformat(f"{head}{dot}{tail[: min(6, digits)]}{tail[digits:]}")
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo and 2000 < found.year < 2100 else None


def _part(spell: Spell, start: datetime, end: datetime) -> float:
    both = min(spell.end, end) - max(spell.start, start)
    return max(0.0, both / (spell.end - spell.start)) if spell.end > spell.start else 0.0


def _half_hours(spell: Spell) -> Iterator[tuple[datetime, float]]:
    at = datetime.fromtimestamp(spell.start.timestamp() // 1800 * 1800, UTC)
    while at < spell.end:
        if share := _part(spell, at, at + HALF_HOUR):
            yield at, share
        at += HALF_HOUR
