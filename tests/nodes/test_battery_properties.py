"""Whatever rates, houses, cars and people do, in whatever order: what always holds of the leases."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wattwire.nodes import Emit, Fault
from wattwire.nodes.battery_memory import State
from wattwire.nodes.messages import BatteryTarget, Car, Charger, Dispatch, House, Lease, Next, Plan, Rate, Tick
from wattwire.nodes.victron_controller import Config, decide
from wattwire.nodes.wishes import ByHand

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
HOUR, HALF_HOUR = timedelta(hours=1), timedelta(minutes=30)

POWERS = [None, -2000.0, 0.0, 0.0, 400.0, 400.0, 3000.0, 7000.0, 12000.0]
EVS = [None, 0.0, 0.0, 499.0, 501.0, 7000.0]
MAYBE = [None, None, True, True, True, False]
AGES = [0, 0, 0, 0, 0, 0, 30, 119, 200, 3600]
STEPS = [0, 1, 5, 20, 20, 60, 60, 60, 300, 1900]


@dataclass
class Life:
    """A controller and the house around it, one event after the other."""

    cfg: Config
    now: datetime = NOON
    state: State = field(default_factory=State)
    known: dict[str, Any] = field(default_factory=dict)
    said: list[tuple[datetime, Lease]] = field(default_factory=list)
    hands: int = 0
    until: datetime | None = None  # the end of a person's wish

    def event(self, port: str, body: Any) -> None:
        if port in ("rate", "house", "charger", "plan", "car", "target"):
            self.known[port] = body
        given = {"tick": None, "rate": None, "house": None, "plan": None, "car": None} | self.known
        given |= {port: body} if port in ("tick", "hand", "refused") else {}
        self.state, results = decide(self.cfg, self.state, now=self.now, **given)
        leases = [r.body for r in results if isinstance(r, Emit) and isinstance(r.body, Lease)]
        assert len(leases) <= 1
        if port == "hand":
            self.hands += 1
            assert leases  # a person gets an answer
        for lease in leases:
            self.said.append((self.now, lease))
            self.check(lease)
        self.always()

    def check(self, lease: Lease) -> None:
        """Of a lease as it is said."""
        hand = self.state.hand
        assert self.now <= lease.until <= self.now + HOUR
        assert lease.reason
        assert lease.owner == ("hand" if hand else "victronController")
        if lease.mode == "charge":
            self.may_charge(lease)
            if hand:
                assert hand.mode == "charge"
            else:
                rate = self.known["rate"]
                assert rate.band == "cheap"
                assert self.now - rate.at <= timedelta(minutes=15) or rate.window
                assert lease.until <= (rate.next.at if rate.window and rate.next else rate.until)

    def may_charge(self, lease: Lease) -> None:
        house = self.known["house"]
        assert self.now - house.at <= timedelta(minutes=2)
        assert house.soc is not None
        assert lease.soc is not None
        assert 0 <= lease.soc <= 100
        assert house.controllable is not False
        assert not house.islanded
        if self.cfg.fuse is None:
            assert house.input_limit is not None
        elif house.grid is not None and house.battery is not None:
            assert house.grid - house.battery + self.cfg.charge_power <= self.cfg.fuse * self.cfg.voltage

    def always(self) -> None:
        """Of what is in force after every event."""
        lease, house = self.state.sent, self.known.get("house")
        fresh = house is not None and self.now - house.at <= timedelta(minutes=2)
        charger = self.known.get("charger")
        drawn = [house.ev] if house is not None and fresh else []
        drawn += [charger.power] if charger and self.now - charger.at <= timedelta(minutes=5) else []
        running = lease is not None and lease.mode != "release" and self.now < lease.until
        able = not self.state.unable and not (self.state.back and self.now < self.state.back)
        rate = self.known.get("rate")
        between = rate is not None and timedelta() <= self.now - rate.until < timedelta(seconds=2)
        if self.state.hand is None and able and not between and any(p is not None and p > 500 for p in drawn):
            assert running
        if running and lease and lease.mode == "charge":
            self.may_charge(lease)  # no longer than it may


def rates(now: datetime, some: Random) -> Rate:
    half = datetime.fromtimestamp(now.timestamp() // 1800 * 1800, UTC)
    band = some.choice(["cheap", "cheap", "cheap", "standard", "unsure"])
    following = Next(at=half + HALF_HOUR * some.randint(1, 12), house=28.0) if some.random() < 0.7 else None
    return Rate(
        at=now - timedelta(seconds=some.choice(AGES)),
        until=half + HALF_HOUR,
        house=7.0,
        car=7.0,
        band=band,  # type: ignore[arg-type]
        window=band == "cheap" and some.random() < 0.5,
        next=following,
    )


def houses(now: datetime, some: Random) -> House:
    return House(
        at=now - timedelta(seconds=some.choice(AGES)),
        soc=some.choice([None, 10.0, 60.0, 60.0, 60.0, 79.0, 80.0, 100.0]),
        grid=some.choice(POWERS),
        battery=some.choice(POWERS),
        ev=some.choice(EVS),
        controllable=some.random() < 0.95,
        islanded=some.random() < 0.02,
        input_limit=some.choice([None, 9200.0, 9200.0, 9200.0]),
    )


def body(port: str, now: datetime, some: Random) -> Any:
    ago = now - timedelta(seconds=some.choice(AGES))
    match port:
        case "tick":
            return Tick(now)
        case "rate":
            return rates(now, some)
        case "house":
            return houses(now, some)
        case "charger":
            return Charger(at=ago, power=some.choice(EVS), plugged=some.choice(MAYBE))
        case "car":
            return Car(at=now, seen=ago, charging=some.choice(MAYBE), home=some.choice(MAYBE))
        case "plan":
            offer = Dispatch(start=now - timedelta(minutes=1), end=now + HALF_HOUR)
            skew = some.choice([None, None, None, 2, 90])
            return Plan(at=ago, dispatches=some.choice([(), (offer,)]), skew=skew)
        case "target":
            return BatteryTarget(at=ago, soc=some.choice([-5.0, 30.0, 100.0, 140.0]), until=now + HOUR)
        case "refused":
            return Fault("three tries failed")
    until = some.choice([None, now - HOUR, now + timedelta(minutes=7), now + 3 * HOUR, now + 90 * HOUR])
    mode: Any = some.choice(["charge", "charge", "hold", "release", "off", "plan", "plan"])
    return ByHand(mode=mode, until=until, soc=some.choice([None, 50.0, 300.0]), reason=some.choice(["", "guests"]))


PORTS = ["tick", "tick", "rate", "rate", "rate", "house", "house", "house", "charger", "car", "plan", "target"]
UNRULY = [*PORTS * 3, "hand", "hand", "refused"]


def live(some: Random, ports: list[str], events: int, cfg: Config) -> Life:
    life = Life(cfg)
    for _ in range(events):
        life.now += timedelta(seconds=some.choice(STEPS))
        port = some.choice(ports)
        life.event(port, body(port, life.now, some))
    return life


CONFIGS = [Config(charge_soc=80), Config(charge_soc=80, fuse=60), Config(charge_soc=80, late=HOUR, capacity=10)]


@pytest.mark.parametrize("cfg", CONFIGS, ids=["input limit", "fuse", "late"])
@given(some=st.randoms(use_true_random=True))
@settings(max_examples=100, deadline=None)
def test_whatever_happens_every_lease_is_short_has_a_reason_and_charges_only_when_it_may(
    cfg: Config, some: Random
) -> None:
    live(some, UNRULY, 150, cfg)


@pytest.mark.parametrize("cfg", CONFIGS, ids=["input limit", "fuse", "late"])
@given(some=st.randoms(use_true_random=True))
@settings(max_examples=30, deadline=None)
def test_nothing_that_flaps_writes_much(cfg: Config, some: Random) -> None:
    """In any hour, without a person."""
    said = [at for at, _ in live(some, [*PORTS, "refused"], 400, cfg).said]

    assert max((sum(at <= other < at + HOUR for other in said) for at in said), default=0) <= 40


def test_the_lives_above_are_worth_living() -> None:
    lives = [live(Random(seed), UNRULY, 150, CONFIGS[seed % 3]) for seed in range(60)]

    modes = {(lease.mode, lease.owner) for life in lives for _, lease in life.said}
    assert modes == {(mode, owner) for mode in ("charge", "hold", "release") for owner in ("hand", "victronController")}


def test_a_car_that_flaps_every_10_seconds_for_a_day_is_held_for_in_ever_longer_spells() -> None:
    life = Life(Config())
    for n in range(8640):
        life.now = NOON + timedelta(seconds=10 * n)
        life.event("charger", Charger(at=life.now, power=7000.0 if n % 6 == 0 else 0.0))

    assert len(life.said) <= 24 * 4


def test_a_battery_that_can_and_cannot_be_steered_every_10_seconds_is_seldom_told() -> None:
    life = Life(Config())
    life.event("charger", Charger(at=NOON, power=7000.0))
    for n in range(1, 2161):
        life.now = NOON + timedelta(seconds=10 * n)
        life.known["charger"] = Charger(at=life.now, power=7000.0)
        life.event("house", House(at=life.now, soc=50, controllable=n % 12 < 6, why_not="Dynamic ESS is on"))

    assert len(life.said) <= 6 * 12


def test_a_fuse_that_is_full_now_and_then_is_not_tried_for_ever() -> None:
    life = Life(Config(fuse=60))
    for n in range(2160):
        life.now = NOON + timedelta(seconds=10 * n)
        half = datetime.fromtimestamp(life.now.timestamp() // 1800 * 1800, UTC)
        life.known["rate"] = Rate(at=life.now, until=half + HALF_HOUR, house=7, car=7, band="cheap", window=False)
        grid = 13500.0 if n % 12 == 0 else 300.0
        life.event("house", House(at=life.now, soc=50, grid=grid, battery=0.0, controllable=True))

    charges = [at for at, lease in life.said if lease.mode == "charge"]
    assert 0 < max(sum(at <= other < at + HOUR for other in charges) for at in charges) <= 8


def test_a_clock_that_jumps_extends_nothing() -> None:
    cfg, rate = Config(charge_soc=80), Rate(at=NOON, until=NOON + HALF_HOUR, house=7, car=7, band="cheap")
    life = Life(cfg)
    life.event("house", House(at=NOON, soc=40, input_limit=9200, controllable=True))
    life.event("rate", rate)
    life.event("hand", ByHand(mode="hold", until=NOON + 5 * HOUR))
    life.now = NOON - 48 * HOUR  # set back
    life.event("tick", Tick(life.now))

    assert life.said[-1][1].until <= life.now + HOUR
    assert life.state.hand is not None
    assert life.state.hand.until == life.now + 24 * HOUR
    life.now = NOON + 6 * HOUR  # and forward again
    life.known["house"] = replace(life.known["house"], at=life.now)
    life.event("tick", Tick(life.now))
    assert life.said[-1][1].mode == "release"
    assert life.state.hand is None
