"""Nights of a car that is read as the shipped flow reads it: it falls asleep, and is left alone while it does."""

from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from typing import Any, NamedTuple, Self

import pytest

from wattwire.flows.engine.bench import Bench
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.loading import load, load_text
from wattwire.nodes import Reply, Request
from wattwire.nodes.messages import Car

READ = "teslaState.car"
SIX = datetime(2026, 11, 20, 18, tzinfo=UTC)
MORNING = SIX + timedelta(hours=13)
CAR = "soc: 50, limit: 80, plugged: false, cold: 2"
KEPT = {"start", "hour", "alarm", "teslaToken", "teslaState", "awake", "soon", "simTesla"}


@cache
def house(sim: str, state: str) -> Flow:
    """The simulated house's car and what reads it, with nobody who gives a hint."""
    out = "".join(f"  {name}: null\n" for name in load("simulated_house", env={}).nodes if name not in KEPT)
    car = f"  simTesla: {{config: {{{sim}}}}}\n  teslaState: {{config: {{{state}}}}}\n"
    return load_text(f"flow: night\ninclude: simulated_house\nnodes:\n{out}{car}", env={})


class Read(NamedTuple):
    """A detailed read, and how the car was at that moment."""

    at: datetime
    awake: bool
    idle: timedelta  # since something last went on


class Night:
    """From six in the evening to seven; what is done to the car is told in minutes."""

    def __init__(self, sim: str = "", state: str = "name: Blue") -> None:
        self.reads, self.posts = list[Read](), list[str]()
        self.bench = Bench(house(f"{CAR}{sim}", state), SIX, world=self._world)

    def _world(self, node: str, request: Request, now: datetime) -> Reply | None:
        if node == "teslaState" and "vehicle_data" in request.url:
            state: Any = self.bench.actors["simTesla"].state
            until = state.awake_until or now
            self.reads.append(Read(now, now < until, now - until + timedelta(minutes=11)))
        if request.method == "POST" and "/vehicles/" in request.url:
            self.posts.append(request.url)
        return None

    def do(self, minute: float, port: str, **body: Any) -> None:
        at = SIX + timedelta(minutes=minute)
        self.bench.put(at, f"simTesla.{port}", {"at": at.isoformat(), **body})

    def run(self) -> Self:
        self.bench.run(MORNING)
        assert self.bench.faults == []
        return self

    def minutes(self) -> list[int]:
        return [minute(read.at) for read in self.reads]

    def told(self) -> list[tuple[int, Car]]:
        return [(minute(s.at), s.body) for s in self.bench.seen if isinstance(s.body, Car) and s.source == READ]

    def slept(self) -> list[int]:
        """From which minutes on the car was known to sleep."""
        told = self.told()
        return [m for (_, last), (m, car) in pairwise(told) if car.state == "asleep" != last.state]


def minute(at: datetime) -> int:
    return round((at - SIX) / timedelta(minutes=1))


def home(night: Night, plugged_at: int | None = 34) -> Night:
    """Half an hour's drive, and perhaps a cable that brings no power yet."""
    night.do(0, "doings", gear="D")
    night.do(30, "doings", gear=None)
    if plugged_at is not None:
        night.do(plugged_at, "cable", plugged=True)
    return night


def test_a_car_that_comes_home_is_watched_until_it_is_plugged_in_and_then_sleeps_all_night() -> None:
    night = home(Night()).run()

    assert night.minutes() == [0, 5, 10, 15, 20, 26, 31, 32, 37]  # on the way; parked; a minute later; plugged in
    assert night.slept() == [48]
    assert night.told()[-1][1].state == "asleep"
    assert (night.told()[-1][1].plugged, night.told()[-1][1].soc_usable) == (True, 50.0)


def test_a_car_that_is_not_plugged_in_is_watched_for_a_quarter_of_an_hour_and_then_sleeps() -> None:
    night = home(Night(), plugged_at=None).run()

    assert [m for m in night.minutes() if m > 30] == [31, 32, 37, 42, 47]
    assert night.slept() == [58]


NIGHTS: dict[str, list[tuple[int, str, dict[str, Any]]]] = {
    "a charge in the night": [
        (480, "charge", {"power": 7100.0}),
        (540, "charge", {"power": 0.0}),
    ],
    "a charge to the limit": [(300, "charge", {"power": 7100.0})],
    "a garage without radio": [
        (35, "fault", {"kind": "offline"}),
        (45, "fault", {"kind": "none"}),
    ],
    "a car that does not answer while it falls asleep": [
        (38, "fault", {"kind": "timeout"}),
        (90, "fault", {"kind": "none"}),
    ],
    "Tesla away for an hour": [
        (38, "fault", {"kind": "500"}),
        (98, "fault", {"kind": "none"}),
    ],
    "told to wait": [(36, "fault", {"kind": "429", "times": 5})],
    "unplugged and driven away before dawn": [
        (700, "cable", {"plugged": False}),
        (701, "doings", {"gear": "D"}),
        (740, "doings", {}),
    ],
}


@pytest.mark.parametrize("name", NIGHTS)
def test_it_is_never_read_while_it_sleeps_or_falls_asleep_and_never_woken(name: str) -> None:
    night = home(Night())
    for at, port, body in NIGHTS[name]:
        night.do(at, port, **body)
    night.run()

    assert all(read.awake for read in night.reads)
    assert max(read.idle for read in night.reads) <= timedelta(minutes=6)  # it would sleep after 11
    assert night.told()[-1][1].state == "asleep" or "driven away" in name
    assert night.posts == []


def test_somebody_who_fetches_something_costs_one_read() -> None:
    night = home(Night())
    night.do(200, "doings", what=["user", "door"])
    night.do(203, "doings")
    night.run()

    assert len([m for m in night.minutes() if m > 100]) == 1
    assert len(night.slept()) == 2


def test_a_charge_in_the_night_costs_a_read_every_five_minutes_and_a_last_one() -> None:
    night = home(Night())
    night.do(480, "charge", power=7100.0)
    night.do(540, "charge", power=0.0)
    night.run()

    reads = [m for m in night.minutes() if m > 100]
    seen = {m: car.charging for m, car in night.told() if m > 470}
    assert len(reads) <= 15
    assert max(b - a for a, b in pairwise(reads)) <= 8  # the hour's look puts off the next one
    assert seen[max(m for m in seen if m < 540)] is True
    assert night.told()[-1][1].charging is False


@pytest.mark.parametrize("what", ["sentry", "climate", "dog", "door", "update", "power", "user"])
def test_what_keeps_it_awake_all_night_costs_few_reads(what: str) -> None:
    night = home(Night(), plugged_at=29)
    night.do(31, "doings", what=[what])
    night.run()

    assert len(night.reads) <= 60
    assert night.slept() == []


def test_when_the_sentry_is_called_off_it_is_soon_left_to_sleep() -> None:
    night = home(Night())
    night.do(31, "doings", what=["sentry"])
    night.do(300, "doings")
    night.run()

    [slept] = night.slept()
    assert 300 < slept <= 335


@pytest.mark.parametrize(("woken", "most"), [("1m", 13), ("4m", 0)])
def test_a_car_that_wakes_by_itself_every_hour_need_not_be_kept_up_by_it(woken: str, most: int) -> None:
    night = home(Night(sim=", stirs_every: 1h", state=f"woken: {woken}")).run()

    assert len([m for m in night.minutes() if m > 60]) <= most
    assert len([m for m in night.slept() if m > 60]) <= 13


def test_both_levels_are_told() -> None:
    car = home(Night()).run().told()[-1][1]

    assert (car.soc, car.soc_usable) == (52.0, 50.0)


def test_with_the_month_s_money_spent_the_car_is_looked_at_and_not_read() -> None:
    night = home(Night(state="spend_per_month: 0.01")).run()

    answered = [m for m, car in night.told() if car.seen and minute(car.seen) == m]
    looks = [minute(s.at) for s in night.bench.requests("teslaState") if s.request and s.request.url.endswith("00001")]
    assert answered == [0, 5, 10, 15, 20, 26]  # six of them cost 0.0092 pounds
    assert night.bench.times("teslaState.spent")
    assert max(b - a for a, b in pairwise(looks)) <= 10
    assert len([s for s in night.bench.seen if s.source == "alarm.said"]) == 1
