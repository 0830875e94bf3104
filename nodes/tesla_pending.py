"""What teslaCommand has been asked to do and has not seen done yet; also over restarts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from . import Secret, replace, volatile
from .car_messages import CarCommand
from .messages import Car, Charger, House, Token
from .tesla_orders import LOOK, slot

LOAD = 500.0  # W: a car that draws more is charging
RECENT = timedelta(minutes=2)  # what a meter said earlier says nothing about now
ORDER = ("limit", "amps", "schedule", "charge")  # that the car starts with what it is to keep to

Stage = Literal["waiting", "asleep", "unplugged", "sent"]


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """waiting: for a nudge · asleep: for somebody to wake the car · unplugged: for a cable · sent: to be seen done"""

    command: CarCommand
    stage: Stage = "waiting"
    sent: datetime | None = None  # the last time that it may have reached the car
    tries: int = 0
    before: float | None = None


@dataclass(frozen=True)
class Memory:
    wanted: Mapping[str, Wanted] = field(default_factory=dict)  # by what it is about
    newest: Mapping[str, datetime] = field(default_factory=dict)  # when the newest wish about it was made
    sent: Mapping[str, datetime] = field(default_factory=dict)  # when the car was last told something about it
    bases: Mapping[str, str] = field(default_factory=dict)  # the region's address that Tesla named instead of `url`
    asking: str = ""  # what the call under way is about
    quiet: datetime | None = None  # Tesla asked not to be called before
    away: datetime | None = None  # when the car was last told to be asleep or out of reach
    news: datetime | None = volatile(lambda: None)  # of the car, already looked at
    # For `read`, and for the rest of a round:
    round: tuple[str, ...] = volatile(tuple)  # what else is to be sent or looked at
    bearer: Secret | None = volatile(lambda: None)
    car: Car | None = volatile(lambda: None)
    asleep: bool = volatile(lambda: False)  # found so in this round
    drawing: bool = volatile(lambda: False)  # a meter sees it charge

    def knowing(
        self, token: Token | None, car: Car | None, house: House | None, charger: Charger | None, now: datetime
    ) -> Memory:
        bearer = token.token if token and token.expires > now else None
        house = house if house and now - house.at <= RECENT else None
        charger = charger if charger and now - charger.at <= RECENT else None
        loads = (house.ev if house else None, charger.power if charger else None)
        drawing = any(load is not None and load > LOAD for load in loads)
        return replace(self, bearer=bearer, car=car, drawing=drawing, asleep=False, round=())

    def with_wish(self, command: CarCommand) -> Memory:
        about = slot(command)
        newest = {**self.newest, about: command.at}
        if about.startswith("schedule "):  # these never come back: what was is of no use
            newest = {k: v for k, v in newest.items() if k == about or k in self.wanted or " " not in k}
        return replace(self, wanted={**self.wanted, about: Wanted(command=command)}, newest=newest)

    def without(self, about: str) -> Memory:
        return replace(self, wanted={k: w for k, w in self.wanted.items() if k != about})

    def at_stage(self, about: str, stage: Stage) -> Memory:
        return replace(self, wanted={**self.wanted, about: replace(self.wanted[about], stage=stage)})

    def sending(self, about: str, now: datetime) -> Memory:
        it = self.wanted[about]
        before = self.car.limit if about == "limit" and self.car and it.before is None else it.before
        it = replace(it, sent=now, tries=it.tries + 1, before=before)
        sent = {k: v for k, v in self.sent.items() if k in ORDER} | {about: now}
        return replace(self, wanted={**self.wanted, about: it}, sent=sent, asking=about)

    def spared(self, about: str) -> Memory:
        it = self.wanted[about]
        return replace(self, wanted={**self.wanted, about: replace(it, tries=it.tries - 1)})

    def at(self, *stages: Stage) -> tuple[str, ...]:
        """What is in one of these stages, in the order in which it is to be sent."""
        those = [k for k, w in self.wanted.items() if w.stage in stages]
        return tuple(sorted(those, key=lambda k: ORDER.index(k.split()[0])))

    def ready(self, car: Car) -> tuple[str, ...]:
        """What this news of the car makes possible. What it told before the last try is no news."""
        plugged = [k for k in self.at("unplugged") if car.plugged and self._since(k, car.seen)]
        awake = [k for k in self.at("asleep") if car.state == "online" and self._since(k, car.seen, self.away)]
        return (*plugged, *awake)

    def _since(self, about: str, *told: datetime | None) -> bool:
        sent = self.wanted[about].sent
        return sent is None or any(at is not None and at > sent for at in told)

    def next(self) -> tuple[str, Memory]:
        """What the round goes on with."""
        for i, about in enumerate(self.round):
            if about == LOOK or about in self.wanted:
                return about, replace(self, round=self.round[i + 1 :])
        return "", replace(self, round=())
