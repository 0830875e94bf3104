from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wattwire.nodes import Due, Emit, Fault, Status, Timer
from wattwire.nodes.battery_memory import State
from wattwire.nodes.messages import BatteryTarget, Car, Charger, Dispatch, House, Lease, Next, Plan, Rate, Tick
from wattwire.nodes.victron_controller import Config, decide
from wattwire.nodes.wishes import ByHand

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CFG = Config(charge_soc=80)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def rate(band: Any = "cheap", since: float = 0, until: float = 30, **more: Any) -> Rate:
    return Rate(at=at(since), until=at(until), house=7.0, car=7.0, band=band, **more)


def house(minutes: float = 0, soc: float | None = 40, ev: float | None = 0, controllable: bool | None = True) -> House:
    return House(at=at(minutes), soc=soc, ev=ev, controllable=controllable, input_limit=8000)


def car(minutes: float = 0, charging: bool | None = True, home: bool | None = True) -> Car:
    return Car(at=at(minutes), seen=at(minutes), charging=charging, home=home)


def plan(start: float = -1, end: float = 29, seen: float = 0, location: Any = "unknown") -> Plan:
    return Plan(at=at(seen), dispatches=(Dispatch(start=at(start), end=at(end), location=location),))


def ask(state: State = State(), minutes: float = 0, cfg: Config = CFG, **known: Any) -> tuple[State, Lease | None]:  # noqa: B008
    now = at(minutes)
    know = {"rate": None, "house": None, "plan": None, "car": None} | known
    state, results = decide(cfg, state, Tick(now), now=now, **know)
    leases = [r.body for r in results if isinstance(r, Emit) and isinstance(r.body, Lease)]
    assert len(leases) <= 1
    return state, leases[0] if leases else None


def mode(**known: Any) -> str | None:
    lease = ask(**known)[1]
    return lease.mode if lease else None


@pytest.mark.parametrize(
    ("known", "wish"),
    [
        ({"rate": rate(), "house": house()}, "charge"),
        ({"rate": rate(), "house": house(soc=80)}, "hold"),
        ({"rate": rate("standard"), "house": house()}, "release"),
        ({"rate": rate("standard"), "house": house(ev=7000)}, "hold"),
        ({"rate": rate("standard"), "house": house(ev=None), "car": car()}, "hold"),
        ({"rate": rate("standard"), "house": house(ev=None), "car": car(home=False)}, "release"),
        ({"rate": rate("standard"), "house": house(ev=None), "car": car(-20)}, "release"),  # an old sight is none
        ({"rate": rate("standard"), "house": house(), "plan": plan()}, "hold"),  # the first minutes after plugging in
        ({"rate": rate("standard"), "house": house(), "plan": plan(start=-10)}, "release"),  # the meter says no
        ({"rate": rate("standard"), "house": house(ev=None), "plan": plan(start=-10)}, "hold"),
        ({"rate": rate("standard"), "house": house(ev=None), "plan": plan(), "car": car(charging=False)}, "release"),
        ({"rate": rate("standard"), "house": house(), "plan": plan(location="away")}, "release"),
        ({"rate": rate("standard"), "house": house(), "plan": plan(seen=-20)}, "release"),  # an old plan is none
        ({"rate": rate("unsure"), "house": house()}, "release"),
        ({"rate": rate("unsure"), "house": house(), "plan": plan()}, "release"),
        ({"rate": rate("unsure"), "house": house(ev=7000)}, "hold"),
        ({"rate": rate(since=-900, until=-870), "house": house()}, "release"),  # yesterday's retained cheap
        ({"rate": rate(), "house": house(-3)}, "release"),  # the house is not seen any more
        ({"rate": rate(), "house": house(-3), "car": car()}, "hold"),
        ({"rate": rate(), "house": house(soc=None)}, "release"),
        ({"house": house()}, "release"),
        ({}, "release"),
        ({"rate": rate(), "house": house(controllable=False)}, "release"),
        ({"rate": rate("standard"), "house": house(controllable=False)}, "release"),
    ],
)
def test_the_wish_follows_price_battery_and_car(known: dict[str, Any], wish: str | None) -> None:
    assert mode(**known) == wish


def test_a_charge_lasts_as_long_as_the_price_and_says_why() -> None:
    assert ask(rate=rate(), house=house())[1] == Lease(
        mode="charge",
        until=at(30),
        soc=80,
        reason="power is cheap, and the battery at 40 % is below 80 %",
        owner="victronController",
    )


@pytest.mark.parametrize(
    ("window", "until"),
    [(True, 60), (False, 30)],  # a dispatch is trusted for its half hour, the window to its end, an hour at most
)
def test_no_wish_reaches_beyond_what_is_certain(window: bool, until: float) -> None:
    lease = ask(rate=rate(window=window, next=Next(at=at(300), house=27.0)), house=house())[1]

    assert lease is not None
    assert lease.until == at(until)


def test_a_wish_is_said_once_and_again_ten_minutes_before_its_end() -> None:
    state, said = State(), []
    night = rate(window=True, until=600, next=Next(at=at(600), house=27.0))
    for minute in range(120):
        state, lease = ask(state, minute, rate=night, house=house(minute))
        said += [(minute, lease.until)] if lease else []

    assert said == [(0, at(60)), (50, at(110)), (100, at(160))]


def test_a_withdrawn_offer_releases_at_once() -> None:
    state, _ = ask(rate=rate(), house=house())
    _, lease = ask(state, 5, rate=rate("standard"), house=house(5))

    assert lease is not None
    assert lease.mode == "release"


def test_at_the_target_it_holds_and_does_not_flap() -> None:
    state, said = State(), []
    for minute, soc in enumerate([79.9, 80.0, 79.9, 80.0, 79.0, 77.1, 76.9, 77.5, 80.0]):
        state, lease = ask(state, minute, rate=rate(), house=house(minute, soc=soc))
        said.append(lease.mode if lease else None)

    assert said == ["charge", "hold", None, None, None, None, "charge", None, "hold"]


def test_a_car_that_stops_for_a_moment_is_still_held_for() -> None:
    state, said = State(), []
    for second, ev in ((0, 7000), (10, 0), (20, 7000), (30, 0), (50, 0), (61, 0)):
        state, lease = ask(state, second / 60, rate=rate("standard"), house=house(second / 60, ev=ev))
        said.append(lease.mode if lease else None)

    assert said == ["hold", None, None, None, None, "release"]


def test_what_cannot_be_done_is_let_go_and_said_again_a_minute_after_it_can() -> None:
    state, said = State(), []
    for second, able in ((0, True), (60, False), (120, True), (150, True), (180, True)):
        state, lease = ask(state, second / 60, rate=rate(), house=house(second / 60, controllable=able))
        said.append(lease.mode if lease else None)

    assert said == ["charge", "release", None, None, "charge"]


def test_the_last_minute_of_a_price_is_not_worth_a_write() -> None:
    assert mode(minutes=29.5, rate=rate(since=29), house=house(29.5)) is None


def test_a_price_that_just_ended_waits_for_its_successor() -> None:
    state, _ = ask(rate=rate(), house=house())
    state, at_once = ask(state, 30, rate=rate(), house=house(30))
    _, later = ask(state, 31, rate=rate(), house=house(31))

    assert at_once is None
    assert later is not None
    assert later.mode == "release"


def test_a_hold_is_not_shortened_for_another_reason() -> None:
    state, first = ask(rate=rate("standard"), house=house(ev=7000))
    _, second = ask(state, 1, rate=rate(), house=house(1, soc=90))

    assert first is not None
    assert (first.mode, first.until, second) == ("hold", at(60), None)


def test_hold_for_the_car_can_be_switched_off() -> None:
    cfg = Config(hold_for_car=False)

    assert mode(cfg=cfg, rate=rate("standard"), house=house(ev=7000)) == "release"


# The car: measured, so that it is held for at once


def charger(minutes: float = 0, power: float | None = 7000, plugged: bool | None = None) -> Charger:
    return Charger(at=at(minutes), power=power, plugged=plugged)


@pytest.mark.parametrize(
    ("known", "wish"),
    [
        ({"charger": charger()}, "hold"),  # no tariff, no GX that sees it, no plan
        ({"charger": charger(power=300)}, "release"),
        ({"charger": charger(power=None)}, "release"),
        ({"charger": charger(-6)}, "release"),  # an old reading is none
        ({"charger": charger(), "rate": rate("unsure")}, "hold"),
        ({"charger": charger(power=0), "house": house(ev=7000)}, "hold"),  # two chargers
        ({"charger": charger(), "rate": rate(), "house": house()}, "charge"),  # cheap for both
        ({"charger": charger(), "rate": rate(), "house": house(soc=80)}, "hold"),
        ({"charger": charger(power=0), "rate": rate("standard"), "plan": plan(start=-10)}, "release"),
        ({"charger": charger(power=None, plugged=False), "rate": rate("standard"), "plan": plan()}, "release"),
        ({"charger": charger(power=0), "car": car()}, "hold"),  # a charger elsewhere: the meter has never seen this car
        ({"house": House(at=NOON, load=9000, grid=9000)}, "release"),  # a load is no proof of a car
    ],
)
def test_a_car_that_is_measured_to_draw_is_held_for_whatever_else_is_known(known: dict[str, Any], wish: str) -> None:
    assert mode(**known) == wish


def test_a_charger_s_message_is_enough() -> None:
    """Not the minute's tick: nobody waits for it."""
    drawn = charger(power=7200)
    results = decide(CFG, State(), None, None, None, at(0), drawn, plan=None, car=None)[1]

    lease = Lease(mode="hold", until=at(60), reason="the car charges with 7200 W", owner="victronController")
    assert results == [Emit("lease", lease), Status("the car charges with 7200 W")]


def test_a_meter_that_saw_the_car_stop_knows_better_than_what_the_car_said_before() -> None:
    state, said = State(), []
    for minute, power in ((1, 7000), (2, 7000), (3, 0), (3.2, 0), (3.6, 0)):
        state, lease = ask(state, minute, charger=charger(minute, power), car=car(0))
        said.append(lease.mode if lease else None)

    assert said == ["hold", None, None, None, "release"]


def test_a_car_that_stops_and_goes_is_let_go_ever_later() -> None:
    state, let_go = State(), list[float]()
    for second in range(0, 3600, 10):
        power = 7000 if second % 300 == 0 else 0
        state, lease = ask(state, second / 60, charger=charger(second / 60, power))
        let_go += [second] if lease and lease.mode == "release" else []

    assert let_go == [40, 370, 730, 1150]  # 30, 60, 120, 240 s after it stopped; then the wait is longer than the pause


# The supply


def grid(power: float | None, battery: float | None = 0, limit: float | None = None, minutes: float = 0) -> House:
    return House(at=at(minutes), soc=40, grid=power, battery=battery, controllable=True, input_limit=limit)


SET = "the main fuse could be overloaded: set `fuse` to its amperes, or an AC input limit on the inverter"
NEITHER = f"power is cheap, but {SET}"
NOT_MEASURED = "power is cheap, but the grid's or the battery's power is not measured, so the fuse may be overloaded"


@pytest.mark.parametrize(
    ("cfg", "known", "wish", "why"),
    [
        (Config(), grid(300), "release", NEITHER),
        (Config(), grid(300, limit=9200), "charge", "power is cheap, and the battery at 40 % is below 95 %"),
        (Config(fuse=60), grid(300), "charge", "power is cheap, and the battery at 40 % is below 95 %"),  # 13.8 kW
        (Config(fuse=60), grid(7300), "charge", "power is cheap, and the battery at 40 % is below 95 %"),
        (
            Config(fuse=60),
            grid(7400),  # house and car
            "hold",
            "power is cheap, but the 60 A fuse leaves 5400 W beside house and car, and it would draw 5000 W",
        ),
        (Config(fuse=60), grid(4000, battery=-3400), "hold", None),  # what the battery gives, it will not give then
        (Config(fuse=60), grid(-3000, battery=-3400), "charge", None),
        (Config(fuse=60, charge_power=3000), grid(9000), "charge", None),
        (Config(fuse=100), grid(9000), "charge", None),
        (Config(fuse=60, voltage=400), grid(9000), "charge", None),
        (Config(fuse=60), grid(None), "release", NOT_MEASURED),
        (Config(fuse=60), grid(300, battery=None), "release", NOT_MEASURED),
        (Config(fuse=60), grid(None, limit=9200), "charge", None),  # the inverter sees to it
        (Config(fuse=60), grid(None, limit=23000), "release", NOT_MEASURED),  # it would let through more than the fuse
    ],
)
def test_charging_wants_a_limit_or_measured_headroom(cfg: Config, known: House, wish: str, why: str | None) -> None:
    lease = ask(cfg=cfg, rate=rate(), house=known)[1]

    assert lease is not None
    assert (lease.mode, lease.reason if why else None) == (wish, why)


def test_a_charge_gives_way_to_the_oven_and_the_car_and_waits_before_it_begins_again() -> None:
    cfg, state, said = Config(fuse=60), State(), []
    powers = [(0, 300.0, 0.0), (1, 5300.0, 5000.0), (2, 12700.0, 5000.0), (3, 13000.0, 5000.0), (4, 300.0, 0.0)]
    for minute, power, battery in [*powers, (7.9, 300.0, 0.0), (8, 300.0, 0.0)]:
        state, lease = ask(state, minute, cfg, rate=rate(), house=grid(power, battery, minutes=minute))
        said.append((lease.mode, lease.reason) if lease else None)

    assert said[0] is not None
    assert said[0][0] == "charge"
    assert said[1:3] == [None, None]  # 12.7 kW of 13.8, and 1 kW to spare
    short = "power is cheap, but the 60 A fuse leaves 4800 W beside house and car, and it would draw 5000 W"
    assert said[3] == ("hold", short)
    assert said[4:6] == [None, None]
    assert said[6] is not None
    assert said[6][0] == "charge"


# A target, and the hours that are certain


def night(until: float = 360, minutes: float = 0) -> Rate:
    return rate(since=minutes, until=minutes + 30, window=True, next=Next(at=at(until), house=27.0))


def target(soc: float, until: float = 600) -> BatteryTarget:
    return BatteryTarget(at=at(0), soc=soc, until=at(until), why="sun tomorrow")


@pytest.mark.parametrize(
    ("known", "wish", "soc"),
    [
        ({"target": target(60)}, "charge", 60),
        ({"target": target(40)}, "hold", None),
        ({"target": target(120)}, "charge", 100),
        ({"target": target(60, until=0)}, "charge", 80),  # it expired
    ],
)
def test_a_target_comes_before_the_setting_until_it_expires(
    known: dict[str, Any], wish: str, soc: float | None
) -> None:
    lease = ask(rate=night(), house=house(), **known)[1]

    assert lease is not None
    assert (lease.mode, lease.soc) == (wish, soc)


def test_a_target_that_changes_while_it_charges_is_said() -> None:
    state, _ = ask(rate=night(), house=house())
    _, lease = ask(state, 1, rate=night(), house=house(1), target=target(90))

    assert lease is not None
    assert lease.soc == 90


def test_the_window_may_be_waited_in_until_what_is_left_is_just_enough() -> None:
    """From 40 to 80 % of 10 kWh at 4.5 kW takes 53 min; with an hour to spare that is 04:06 of a night until 06:00."""
    cfg, state, said = Config(charge_soc=80, late=timedelta(hours=1), capacity=10), State(), list[Any]()
    for minute in range(0, 360, 1):
        soc = 40 if minute < 250 else 45
        state, lease = ask(state, minute, cfg, rate=night(360, minute), house=house(minute, soc=soc))
        said += [(minute, lease.mode)] if lease else []

    assert [minute for minute, mode in said if mode == "hold"] == [0, 50, 100, 150, 200]
    assert [minute for minute, mode in said if mode == "charge"] == [246, 296, 346]


def test_a_half_hour_that_only_a_dispatch_makes_cheap_is_never_waited_in() -> None:
    assert mode(cfg=Config(late=timedelta(hours=1), capacity=10), rate=rate(), house=house()) == "charge"


@pytest.mark.parametrize(
    ("known", "wish"),
    [
        ({"rate": rate(rung="offered", planned=True, band="standard")}, "release"),  # hoped for
        ({"rate": rate(since=-16, until=14)}, "release"),  # nobody has confirmed it since
        ({"rate": night()}, "charge"),
        ({"rate": rate(since=-40, until=-10, window=True, next=Next(at=at(60), house=27.0))}, "charge"),
        ({"rate": rate(since=2, until=30)}, "release"),  # of a clock that is ahead
    ],
)
def test_only_what_is_certain_is_charged_in(known: dict[str, Any], wish: str) -> None:
    assert mode(house=house(), **known) == wish


# Clocks


@pytest.mark.parametrize(
    ("skew", "wish", "why"),
    [
        (None, "charge", "power is cheap, and the battery at 40 % is below 80 %"),
        (60, "charge", "power is cheap, and the battery at 40 % is below 80 %"),
        (61, "release", "our clock is 61 s behind Octopus's"),
        (-300, "release", "our clock is 300 s ahead of Octopus's"),
    ],
)
def test_nothing_is_charged_by_a_clock_that_is_wrong(skew: float | None, wish: str, why: str) -> None:
    lease = ask(rate=rate(), house=house(), plan=Plan(at=at(0), skew=skew))[1]

    assert lease is not None
    assert (lease.mode, lease.reason) == (wish, why)


def test_a_car_that_draws_is_held_for_by_any_clock() -> None:
    assert mode(rate=rate(), house=house(ev=7000), plan=Plan(at=at(0), skew=300)) == "hold"


# What the GX says of itself


@pytest.mark.parametrize(
    ("trouble", "minutes", "why"),
    [
        (
            {"controllable": False, "why_not": "Dynamic ESS is on and blocks schedules"},
            1,
            "Dynamic ESS is on and blocks schedules",
        ),
        ({"islanded": True}, 5, "the house is not supplied by the grid"),
    ],
)
def test_what_the_gx_cannot_do_is_let_go_with_its_reason_and_begun_again_after_a_while(
    trouble: dict[str, Any], minutes: int, why: str
) -> None:
    state, _ = ask(rate=rate(), house=house())
    state, lease = ask(state, 1, rate=rate(), house=replace(house(1), **trouble))
    said = []
    for second in range(60, 600):
        state, again = ask(state, 1 + second / 60, rate=rate(), house=replace(house(1 + second / 60), islanded=False))
        said += [(second - 60, again.mode)] if again else []

    assert lease is not None
    assert (lease.mode, lease.reason) == ("release", why)
    assert said == [(60 * minutes, "charge")]


def test_five_minutes_after_a_power_cut_count_from_its_end_and_not_twice() -> None:
    """The GX waits them out too, and says so."""
    state, _ = ask(rate=rate(), house=replace(house(), islanded=True))
    said = []
    for minute in range(1, 12):
        waits: dict[str, Any] = {
            "controllable": minute > 6,
            "why_not": None if minute > 6 else "the grid came back a moment ago",
        }
        state, lease = ask(state, minute, rate=rate(), house=replace(house(minute), islanded=False, **waits))
        said += [(minute, lease.mode)] if lease else []

    assert said == [(8, "charge")]


def test_a_lease_that_was_refused_is_said_again_a_minute_later_and_not_at_its_end() -> None:
    state, first = ask(rate=rate(), house=house())
    state, results = decide(
        CFG, state, None, rate(), house(1), at(1), refused=Fault("three tries"), plan=None, car=None
    )
    state, early = ask(state, 1.9, rate=rate(), house=house(1.9))
    state, again = ask(state, 2, rate=rate(), house=house(2))

    assert [r.body.mode for r in results if isinstance(r, Emit) and isinstance(r.body, Lease)] == ["release"]
    assert early is None
    assert again == first


@pytest.mark.parametrize(
    ("known", "fill"),
    [(house(), "green"), (replace(house(), input_limit=None), "yellow"), (house(controllable=False), "yellow")],
)
def test_what_keeps_it_from_charging_is_seen_on_its_status(known: House, fill: str) -> None:
    results = decide(CFG, State(), None, rate(), known, at(0), plan=None, car=None)[1]

    assert [r.fill for r in results if isinstance(r, Status)] == [fill]


@pytest.mark.parametrize("code", ["armed", "worn"])
def test_a_warning_of_the_gx_s_is_no_refusal(code: str) -> None:
    state, _ = ask(rate=rate(), house=house())
    _, results = decide(CFG, state, None, rate(), house(1), at(1), refused=Fault("x", code=code), plan=None, car=None)

    assert results == []


def test_from_one_cheap_half_hour_to_the_next_the_charge_goes_on_without_a_hold_between() -> None:
    state, _ = ask(rate=rate(), house=house(ev=7000))
    state, tick = ask(state, 30, rate=rate(), house=house(30, ev=7000))
    state, then = ask(state, 30, rate=rate(since=30, until=60), house=house(30, ev=7000))
    _, other = ask(state, 30.1, rate=rate("standard", since=30, until=60), house=house(30, ev=7000))

    assert tick is None
    assert then is not None
    assert (then.mode, then.until) == ("charge", at(60))
    assert other is not None
    assert other.mode == "hold"


def test_where_no_next_rate_follows_the_battery_is_held_two_seconds_later() -> None:
    """Whoever says the rate may be away, and else nothing may come for a minute in which it empties into the car."""
    known: dict[str, Any] = {"rate": rate(), "plan": None, "car": None}
    state, _ = ask(rate=rate(), house=house(ev=7000))
    state, results = decide(CFG, state, Tick(at(30)), house=house(30, ev=7000), now=at(30), **known)
    soon = at(30) + timedelta(seconds=2)
    _, then = decide(CFG, state, None, event=Due("next rate"), house=house(30, ev=7000), now=soon, **known)

    assert results[0] == Timer("next rate", soon)
    assert [r.body.mode for r in then if isinstance(r, Emit) and isinstance(r.body, Lease)] == ["hold"]


# By hand


def by_hand(mode: Any, until: float | None = 90, soc: float | None = None, **known: Any) -> list[tuple[str, str]]:
    """What is said when a person wishes this, and every minute of three hours after."""
    state, said = State(), list[tuple[str, str]]()
    wish = ByHand(mode=mode, until=None if until is None else at(until), soc=soc)
    for minute in range(180):
        seen = {"rate": None, "house": house(minute), "plan": None, "car": None} | known
        state, results = decide(CFG, state, None, now=at(minute), hand=wish if minute == 0 else None, **seen)
        leases = [r.body for r in results if isinstance(r, Emit) and isinstance(r.body, Lease)]
        said += [(f"{at(minute):%H:%M}-{it.until:%H:%M} {it.mode}", it.reason) for it in leases]
    return said


DEAR = rate("standard", until=180)
UNKNOWN = "what power costs now is not known"


@pytest.mark.parametrize(
    ("mode", "known", "said"),
    [
        (
            "charge",
            {},
            [
                ("12:00-13:00 charge", "charge by hand until 13:30: the battery at 40 % is below 80 %"),
                ("12:50-13:30 charge", "charge by hand until 13:30: the battery at 40 % is below 80 %"),
                ("13:30-14:30 release", UNKNOWN),
            ],
        ),
        (
            "hold",
            {},
            [
                ("12:00-13:00 hold", "hold by hand until 13:30"),
                ("12:50-13:30 hold", "hold by hand until 13:30"),
                ("13:30-14:30 release", UNKNOWN),
            ],
        ),
        ("release", {}, [("12:00-13:00 release", "release by hand until 13:30"), ("13:30-14:30 release", UNKNOWN)]),
        ("off", {}, [("12:00-13:00 release", "switched off by hand until 13:30"), ("13:30-14:30 release", UNKNOWN)]),
        ("plan", {}, [("12:00-13:00 release", UNKNOWN)]),
    ],
)
def test_what_a_person_wishes_is_stronger_than_the_plan_and_has_an_end(
    mode: Any, known: dict[str, Any], said: list[tuple[str, str]]
) -> None:
    assert by_hand(mode, **known) == said


@pytest.mark.parametrize(
    ("wish", "known", "mode", "why"),
    [
        ("release", {"house": house(ev=7000)}, "release", "release by hand until 13:30"),  # even into the car
        ("hold", {"rate": rate()}, "hold", "hold by hand until 13:30"),
        (
            "charge",
            {"rate": rate("standard")},
            "charge",
            "charge by hand until 13:30: the battery at 40 % is below 80 %",
        ),
        ("charge", {"house": house(soc=80)}, "hold", "charge by hand until 13:30: the battery has its 80 %"),
        ("charge", {"house": house(-3)}, "release", "charge by hand until 13:30, but the house battery is not seen"),
        ("charge", {"house": None}, "release", "charge by hand until 13:30, but the house battery is not seen"),
        (
            "charge",
            {"house": replace(house(), input_limit=None)},
            "hold",
            f"charge by hand until 13:30, but {SET}",
        ),
        (
            "charge",
            {"house": replace(house(), controllable=False, why_not="Dynamic ESS is on")},
            "release",
            "charge by hand until 13:30, but Dynamic ESS is on",
        ),
    ],
)
def test_a_person_s_wish_is_answered_with_what_becomes_of_it(
    wish: Any, known: dict[str, Any], mode: str, why: str
) -> None:
    seen = {"rate": None, "house": house(), "plan": None, "car": None} | known
    _, results = decide(CFG, State(), None, now=NOON, hand=ByHand(mode=wish, until=at(90)), **seen)

    (lease,) = [r.body for r in results if isinstance(r, Emit)]
    assert isinstance(lease, Lease)
    assert (lease.mode, lease.reason, lease.owner) == (mode, why, "hand")


@pytest.mark.parametrize(
    ("until", "ends"),
    [(None, 240), (90, 90), (60 * 72, 60 * 24)],  # a few hours where none is named, a day at most
)
def test_a_wish_always_ends(until: float | None, ends: float) -> None:
    wish = ByHand(mode="hold", until=None if until is None else at(until))
    state, _ = decide(CFG, State(), None, None, None, at(0), hand=wish, plan=None, car=None)

    assert state.hand is not None
    assert state.hand.until == at(ends)


def test_a_wish_that_has_ended_already_or_is_taken_back_gives_way_to_the_plan() -> None:
    state, _ = decide(CFG, State(), None, rate(), house(), at(0), hand=ByHand(mode="off"), plan=None, car=None)
    over = ByHand(mode="off", until=at(-1))
    for end in (ByHand(mode="plan"), over):
        after, results = decide(CFG, state, None, rate(), house(), at(0), hand=end, plan=None, car=None)

        assert after.hand is None
        assert [r.body.mode for r in results if isinstance(r, Emit) and isinstance(r.body, Lease)] == ["charge"]


def test_a_person_s_reason_is_repeated() -> None:
    wish = ByHand(mode="hold", until=at(90), reason="storm tonight")
    _, results = decide(CFG, State(), None, None, None, at(0), hand=wish, plan=None, car=None)

    assert [r.text for r in results if isinstance(r, Status)] == ["hold by hand until 13:30 (storm tonight)"]


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"lease": timedelta(hours=2)}, "from 2m to 1h"),
        ({"late": timedelta(hours=1)}, "set capacity too"),
        ({"timezone": "Mars/Olympus"}, "write it like Europe/London"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Config(**settings)
