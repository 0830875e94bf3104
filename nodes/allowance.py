"""The car's cheap hours of a day that begins at noon, and the ledger of half hours that use them up."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Literal

from . import replace
from .half_hours import HALF_HOUR, half_hour, local_day
from .ladder import Reading, counts, may_count, moved_energy, touched_within
from .messages import Dispatch, Plan

KEPT = 100
"""Half hours that the ledger remembers: today's and yesterday's."""


@dataclass(frozen=True, kw_only=True)
class Allowance:
    hours: float = 6.0
    from_: time = time(12)  # local; the day of the allowance begins here
    per: Literal["household", "device"] = "household"

    def __post_init__(self) -> None:
        if not 0 <= self.hours <= 24:
            raise ValueError(f"hours is between 0 and 24, not {self.hours:g}")


@dataclass(frozen=True)
class Ledger:
    """What plans forget: half hours by their number."""

    used: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # by device
    charging: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # it was seen charging; "": some car was
    idle: Mapping[str, tuple[int, ...]] = field(default_factory=dict)  # it was seen, and was not

    def seen(self, readings: Iterable[Reading], plans: Mapping[str, Plan], now: datetime) -> Ledger:
        """Note who charged; and who did not although a dispatch ran: before and after one, idleness says nothing."""
        known, last = self, half_hour(now)
        for reading in readings:
            half, noted = half_hour(reading.at), known.charging if reading.charging else known.idle
            told = [reading.device] if reading.charging else _running(plans, reading)
            new = [device for device in told if half not in noted.get(device, ())]
            if not new or not last - KEPT < half <= last:
                continue
            noted = _with(noted, dict.fromkeys(new, (half,)), last)
            known = replace(known, charging=noted) if reading.charging else replace(known, idle=noted)
        return known

    def gone_by(self, device: str, plan: Plan, now: datetime) -> Ledger:
        """Write down what a plan has touched so far, as the next one may not tell of it."""
        begun = [d for d in plan.dispatches if d.start <= now and may_count(d)]
        half = half_hour(now)
        moved = {h for d in begun if moved_energy(d) for h in touched_within(d, half - KEPT, half + KEPT) if h <= half}
        used = {h for h in self.taken(device, begun, now) if h <= half}
        known = self.with_used([device], used, now)
        return replace(known, charging=_with(known.charging, {device: moved}, half)) if moved else known

    def with_used(self, devices: Iterable[str], halves: Collection[int], now: datetime) -> Ledger:
        used = _with(self.used, dict.fromkeys(devices, halves), half_hour(now))
        return self if used == self.used else replace(self, used=used)

    def taken(self, device: str, dispatches: Iterable[Dispatch], now: datetime) -> Iterator[int]:
        """The half hours that a device's dispatches use up, or will."""
        half, charging, idle = half_hour(now), _seen(self.charging, device), _seen(self.idle, device)
        for d in dispatches:
            unseen, sure = counts(d, now), d.kind == "smart" and d.kwh != 0
            for h in touched_within(d, half - KEPT, half + KEPT):
                if moved_energy(d) or h in charging or (unseen if h > half else sure and h not in idle):
                    yield h

    def still_used(self, device: str) -> set[int]:
        return set(self.used.get(device, ())) - (_seen(self.idle, device) - _seen(self.charging, device))


class Budget:
    """The allowance as it stands: which half hours are used up, past and planned, by those who share it."""

    def __init__(
        self, allowance: Allowance | None, zone: str, ledger: Ledger, plans: Mapping[str, Plan], now: datetime
    ) -> None:
        self._allowance, self._zone = allowance, zone
        self._pools: dict[str, list[int]] = {}
        pools: dict[str, set[int]] = {}
        for device in (*ledger.used, *plans) if allowance else ():
            pool = pools.setdefault(self._pool(device), set())
            pool |= ledger.still_used(device)
            if device in plans:
                pool.update(ledger.taken(device, filter(may_count, plans[device].dispatches), now))
        self._pools = {name: sorted(pool) for name, pool in pools.items()}

    def beyond(self, device: str, t: float) -> bool:
        """Whether the allowance was used up before this half hour; the one that reaches the limit is inside."""
        return self._allowance is not None and self._spent(device, t, int(t // HALF_HOUR)) >= self._allowance.hours

    def ran_out(self, device: str, d: Dispatch, t: float) -> bool:
        """Whether a dispatch came to its end with yesterday's allowance: today's earns it nothing."""
        if self._allowance is None:
            return False
        noon = local_day(self._allowance.from_, self._zone, t)[0]
        return d.start.timestamp() < noon and self.beyond(device, noon - 1)

    def left(self, devices: Iterable[str], t: float) -> float | None:
        """Hours, of the device that has most."""
        if self._allowance is None:
            return None
        spent = min((self._spent(d, t, int(t // HALF_HOUR) + 1) for d in devices), default=0.0)
        return max(0.0, self._allowance.hours - spent)

    def _spent(self, device: str, t: float, before: int) -> float:
        assert self._allowance is not None
        pool = self._pools.get(self._pool(device), [])
        start, end = local_day(self._allowance.from_, self._zone, t)
        last = min(before, -(-end // HALF_HOUR))  # a half hour that crosses noon is in both days
        return max(0, bisect_left(pool, last) - bisect_left(pool, start // HALF_HOUR)) / 2

    def _pool(self, device: str) -> str:
        return device if self._allowance and self._allowance.per == "device" else ""


def _seen(noted: Mapping[str, tuple[int, ...]], device: str) -> set[int]:
    return {*noted.get("", ()), *noted.get(device, ())}


def _running(plans: Mapping[str, Plan], reading: Reading) -> list[str]:
    """The devices of which a dispatch ran when it was read."""

    def ran(d: Dispatch) -> bool:
        return may_count(d) and d.start <= reading.at < d.end

    asked = plans if not reading.device else {reading.device: plans[reading.device]} if reading.device in plans else {}
    return [device for device, plan in asked.items() if any(map(ran, plan.dispatches))]


def _with(
    noted: Mapping[str, tuple[int, ...]], more: Mapping[str, Collection[int]], last: int
) -> dict[str, tuple[int, ...]]:
    """More half hours of some devices; what is old is forgotten, of all."""
    all_ = {d: {*noted.get(d, ()), *more.get(d, ())} for d in (*noted, *more)}
    kept = {d: tuple(sorted(h for h in halves if h > last - KEPT)) for d, halves in all_.items()}
    return {d: halves for d, halves in kept.items() if halves}
