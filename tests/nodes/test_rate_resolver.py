"""What rateResolver makes of the window, of plans, of what is seen, and of what it cannot know."""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from wattwire.flows.engine.bodies import decode, encode
from wattwire.nodes.allowance import Allowance
from wattwire.nodes.half_hours import Window
from wattwire.nodes.messages import Bands, Car, Dispatch, House, Next, Plan, Price, Prices, Rate, Tick
from wattwire.nodes.rate_memory import State
from wattwire.nodes.rate_resolver import NODE, Config, resolve
from wattwire.nodes.tariff_rules import Fallback

PENCE = Fallback(cheap=7.0, standard=28.0, car_cheap=6.0, car_standard=27.0)
IN_PROGRESS = "SMART_CONTROL_IN_PROGRESS"


def at(clock: str, day: int = 20) -> datetime:
    """A time of a day in November; `+` is the day after."""
    day, clock = (day + 1, clock[1:]) if clock.startswith("+") else (day, clock)
    hour, minute, second = (*map(int, clock.split(":")), 0)[:3]
    return datetime(2026, 11, day, hour, minute, second, tzinfo=UTC)


def dispatch(span: str, **more: Any) -> Dispatch:
    start, end = span.split("-")
    return Dispatch(start=at(start), end=at(end), **more)


def plan(now: str, *spans: str | Dispatch, **more: Any) -> Plan:
    found = tuple(dispatch(s) if isinstance(s, str) else s for s in spans)
    return Plan(at=at(now), dispatches=found, **more)


def charging(now: str, yes: bool = True, home: bool | None = None) -> Car:
    return Car(at=at(now), seen=at(now), charging=yes, home=home)


def config(trust: Any = "confirmed", **settings: Any) -> Config:
    return Config(**{"price": PENCE, "trust": trust, **settings})


def live(cfg: Config, *steps: str | Plan | Car | House | Prices) -> list[Rate]:
    """The rates of an afternoon: a time is a tick, a plan comes when it was made, all else is remembered."""
    state, rates = State(), []
    held: dict[str, Any] = {"prices": None, "car": None, "house": None}
    for step in steps:
        if isinstance(step, Car | House | Prices):
            held[type(step).__name__.lower()] = step
            continue
        tick, new = (Tick(at(step)), None) if isinstance(step, str) else (None, step)
        now = at(step) if isinstance(step, str) else step.at
        state, emit = resolve(cfg, state, tick, new, now=now, **held)
        assert isinstance(emit.body, Rate)
        assert emit.port == emit.body.band
        rates.append(emit.body)
    return rates


def bands(rates: Sequence[Rate]) -> list[str]:
    return [rate.band for rate in rates]


# The window


@pytest.mark.parametrize(
    ("now", "band"),
    [
        ("2026-01-20T23:29:59Z", "unsure"),
        ("2026-01-20T23:30:00Z", "cheap"),
        ("2026-01-21T05:29:59Z", "cheap"),
        ("2026-01-21T05:30:00Z", "unsure"),
        ("2026-07-01T22:29:59Z", "unsure"),
        ("2026-07-01T22:30:00Z", "cheap"),
        ("2026-07-02T04:30:00Z", "unsure"),
        ("2026-03-28T23:30:00Z", "cheap"),  # the night the clocks go forward has five hours of it
        ("2026-03-29T04:29:59Z", "cheap"),
        ("2026-03-29T04:30:00Z", "unsure"),
        ("2026-10-24T22:30:00Z", "cheap"),  # and the one they go back has seven
        ("2026-10-25T05:29:59Z", "cheap"),
        ("2026-10-25T05:30:00Z", "unsure"),
    ],
)
def test_the_window_is_cheap_by_the_local_wall_clock_with_nothing_known(now: str, band: str) -> None:
    instant = datetime.fromisoformat(now)
    _, emit = resolve(config(), State(), Tick(instant), None, prices=None, car=None, house=None, now=instant)

    assert emit.port == band


def test_all_a_rate_says_inside_the_window() -> None:
    (rate,) = live(config(), "+02:10")

    assert rate == Rate(
        at=at("+02:10"),
        until=at("+02:30"),
        house=7.0,
        car=6.0,
        band="cheap",
        window=True,
        planned=False,
        rung="window",
        rung_at=at("23:30"),
        allowance_left=6.0,
        next=Next(at=at("+05:30"), house=28.0),
        why="inside the fixed window until 05:30",
        tier="cheap",
    )


def test_all_a_rate_says_of_a_confirmed_dispatch() -> None:
    rate = live(config(), plan("14:01", "14:10-14:50"), charging("14:02"), "14:03")[-1]

    assert rate == Rate(
        at=at("14:03"),
        until=at("14:30"),
        house=7.0,
        car=6.0,
        band="cheap",
        window=False,
        planned=True,
        rung="confirmed",
        rung_at=at("14:02"),
        allowance_left=5.5,
        next=Next(at=at("14:30"), house=28.0),
        why="a dispatch touches this half hour and the car is seen charging",
        tier="standard",
    )


def test_without_a_window_the_night_is_like_the_day() -> None:
    (rate,) = live(config(window=False), plan("+02:10"))

    assert (rate.band, rate.window, rate.house, rate.next) == ("standard", False, 28.0, None)


# The ladder


@pytest.mark.parametrize(
    ("trust", "bands_"),
    [
        ("offered", ["cheap", "cheap", "cheap"]),
        ("started", ["standard", "cheap", "cheap"]),
        ("confirmed", ["standard", "standard", "cheap"]),
        ("window", ["standard", "standard", "standard"]),
    ],
)
def test_a_dispatch_is_cheap_once_it_has_come_as_far_as_it_must(trust: str, bands_: list[str]) -> None:
    rates = live(
        config(trust),
        plan("14:02", "14:05-14:40", state=IN_PROGRESS),
        plan("14:06", "14:05-14:40", state=IN_PROGRESS),
        charging("14:08"),
        "14:10",
    )

    assert bands(rates) == bands_
    assert [r.rung for r in rates] == ["offered", "started", "confirmed"]
    assert [r.rung_at for r in rates] == [at("14:02"), at("14:06"), at("14:08")]
    assert [r.planned for r in rates] == [True, True, True]


def test_passing_its_start_does_not_start_a_dispatch() -> None:
    rates = live(config("started"), plan("13:59", "14:00-15:00", state=IN_PROGRESS), "14:01")

    assert [r.rung for r in rates] == [None, "offered"]
    assert bands(rates) == ["standard", "standard"]


@pytest.mark.parametrize(
    ("seen", "band"),
    [
        (charging("14:00"), "cheap"),
        (charging("13:59"), "standard"),  # of the half hour before
        (charging("14:01", yes=False), "standard"),
        (charging("14:01", home=True), "cheap"),
        (charging("14:01", home=False), "standard"),
        (Car(at=at("14:01"), charging=True), "standard"),  # nobody knows when that was read
        (House(at=at("14:01"), ev=501), "cheap"),
        (House(at=at("14:01"), ev=500), "standard"),
        (House(at=at("13:59"), ev=7000), "standard"),
        (House(at=at("14:01")), "standard"),  # no meter on the car
        (Car(at=at("14:01"), seen=at("14:01"), home=True), "standard"),  # whether it charges is not known
        (Car(at=at("14:01"), seen=at("13:45"), charging=True), "standard"),  # said anew, seen long ago
    ],
)
def test_only_a_charge_seen_in_this_half_hour_confirms(seen: Car | House, band: str) -> None:
    assert bands(live(config(), plan("14:00", "14:00-15:00"), seen, "14:02"))[-1] == band


@pytest.mark.parametrize(("power", "band"), [(501.0, "cheap"), (500.0, "standard"), (None, "standard")])
def test_the_power_that_octopus_reads_confirms_too(power: float | None, band: str) -> None:
    assert bands(live(config(), plan("14:02", "14:00-15:00", power=power))) == [band]


def test_the_power_of_the_half_hour_before_confirms_nothing_of_this_one() -> None:
    rates = live(config(), plan("14:29", "14:00-15:00", power=7000.0), "14:30", plan("14:32", "14:00-15:00", power=0.0))

    assert [(r.band, r.rung) for r in rates] == [
        ("cheap", "confirmed"),
        ("standard", "offered"),
        ("standard", "offered"),
    ]


@pytest.mark.parametrize(
    ("begins", "ends", "touched"),
    [
        ("2026-03-29T00:40", "2026-03-29T01:10", ["00:30", "01:00"]),  # across the hour that is left out
        ("2026-10-25T00:50", "2026-10-25T01:10", ["00:30", "01:00"]),  # across the one that comes twice
        ("2026-10-25T01:59", "2026-10-25T02:00", ["01:30"]),
    ],
)
def test_half_hours_are_the_same_on_the_nights_the_clocks_are_changed(
    begins: str, ends: str, touched: list[str]
) -> None:
    start, end = (datetime.fromisoformat(text).replace(tzinfo=UTC) for text in (begins, ends))
    midnight = start.replace(hour=0, minute=0)
    found = Plan(at=midnight, dispatches=(Dispatch(start=start, end=end),))
    cfg, state, cheap = config("offered", window=False, plan_max_age=timedelta(days=1)), State(), []
    state, _ = resolve(cfg, state, None, found, prices=None, car=None, house=None, now=midnight)
    for now in (midnight + n * timedelta(minutes=30) for n in range(8)):
        state, emit = resolve(cfg, state, Tick(now), None, prices=None, car=None, house=None, now=now)
        cheap += [f"{now:%H:%M}"] if emit.port == "cheap" else []

    assert cheap == touched


def test_a_confirmed_half_hour_stays_cheap_to_its_end_and_no_longer() -> None:
    offer, withdrawn = plan("14:01", "14:00-15:00"), plan("14:20")
    rates = live(config(), offer, charging("14:02"), "14:03", withdrawn, "14:29:59", "14:30")

    assert bands(rates) == ["standard", "cheap", "cheap", "cheap", "standard"]
    assert [r.planned for r in rates] == [True, True, False, False, False]
    assert rates[3].rung_at == at("14:02")


def test_a_charge_is_held_against_the_plan_it_was_seen_under() -> None:
    rates = live(config(), plan("14:01", "14:00-15:00"), charging("14:02"), plan("14:05"))

    assert bands(rates) == ["standard", "cheap"]


def test_a_confirmed_half_hour_whose_dispatch_is_gone_says_so() -> None:
    rates = live(config(), plan("14:01", "14:00-15:00", power=7000.0), plan("14:02"))

    assert [rate.why for rate in rates] == [
        "a dispatch touches this half hour and Octopus sees the car draw power",
        "a dispatch touched this half hour and Octopus sees the car draw power",
    ]


def test_a_withdrawn_offer_is_dear_at_once() -> None:
    rates = live(config("offered"), plan("14:01", "14:00-15:00"), plan("14:05"))

    assert bands(rates) == ["cheap", "standard"]


def test_a_car_that_stops_does_not_undo_what_was_confirmed() -> None:
    offer, stopped = plan("14:01", "14:00-15:00"), charging("14:04", yes=False)
    rates = live(config(), offer, charging("14:02"), "14:03", stopped, "14:20")

    assert bands(rates) == ["standard", "cheap", "cheap"]


def test_a_late_tick_of_the_half_hour_before_ends_nothing() -> None:
    rates = live(config(), plan("14:31", "14:30-15:00"), charging("14:32"), "14:33", "14:29", plan("14:34"))

    assert bands(rates) == ["standard", "cheap", "standard", "cheap"]


# What counts


@pytest.mark.parametrize(
    ("found", "offered", "confirmed"),
    [
        (dispatch("14:00-14:30"), "cheap", "cheap"),
        (dispatch("14:00-14:30", kind="unknown"), "standard", "cheap"),
        (dispatch("14:00-14:30", kind="boost"), "standard", "standard"),
        (dispatch("14:00-14:30", kind="test"), "standard", "standard"),
        (dispatch("14:00-14:30", location="away"), "standard", "standard"),
        (dispatch("14:00-14:30", kwh=0.0), "standard", "cheap"),
        (dispatch("14:10-14:30", kwh=0.0), "cheap", "cheap"),  # it has not begun
        (dispatch("14:00-14:01", status="completed"), "cheap", "cheap"),
        (dispatch("14:00-14:01", status="completed", location="away"), "cheap", "cheap"),
        (dispatch("14:00-14:01", status="completed", kind="unknown"), "cheap", "cheap"),
        (dispatch("14:00-14:01", status="completed", kind="boost"), "standard", "standard"),
        (dispatch("14:00-14:01", status="completed", kwh=0.0), "standard", "cheap"),
        (dispatch("13:50-14:00"), "standard", "standard"),
        (dispatch("14:29:59-14:30"), "cheap", "cheap"),
        (dispatch("14:30-15:00"), "standard", "standard"),
        (dispatch("14:02-14:02"), "standard", "standard"),
    ],
)
def test_which_dispatches_count(found: Dispatch, offered: str, confirmed: str) -> None:
    unseen = live(config("offered"), plan("14:05", found))
    seen = live(config("offered"), charging("14:04"), plan("14:05", found))

    assert bands([*unseen, *seen]) == [offered, confirmed]


@pytest.mark.parametrize("kwh", [None, 3.1, -3.1])
def test_the_record_of_a_charge_confirms_the_half_hours_it_covered(kwh: float | None) -> None:
    (rate,) = live(config(), plan("14:20", dispatch("14:00-14:10", status="completed", kwh=kwh)))

    assert (rate.band, rate.rung, rate.rung_at) == ("cheap", "confirmed", at("14:20"))


@pytest.mark.parametrize(
    ("planned", "recorded", "band"),
    [
        (dispatch("14:00-14:30", kind="boost"), dispatch("14:00-14:20", status="completed"), "standard"),
        (dispatch("14:00-14:30", kind="test"), dispatch("14:00-14:20", status="completed"), "standard"),
        (dispatch("14:00-14:30", kind="boost"), dispatch("14:05-14:20", status="completed"), "cheap"),
        (dispatch("14:00-14:30"), dispatch("14:00-14:20", status="completed"), "cheap"),
        (dispatch("14:00-14:30", kind="unknown"), dispatch("14:00-14:20", status="completed"), "cheap"),
    ],
)
def test_the_record_of_a_boost_is_a_boost_though_it_bears_no_such_word(
    planned: Dispatch, recorded: Dispatch, band: str
) -> None:
    rates = live(config(), plan("14:01", planned), plan("14:10"), plan("14:20", recorded))

    assert bands(rates) == ["standard", "standard", band]


def test_a_boost_is_no_proof_of_a_dispatch_that_comes_after_it() -> None:
    """Withdrawn before it began, it would have been believed to the end of the half hour."""
    known = plan("14:00", dispatch("14:00-14:10", kind="boost"), "14:20-14:50")
    rates = live(config(), known, charging("14:05"), "14:05", charging("14:12"), "14:12", charging("14:21"), "14:21")

    assert bands(rates) == ["standard", "standard", "cheap", "cheap"]


def test_a_boost_costs_the_car_the_standard_price_outside_the_window_only() -> None:
    boost = dispatch("14:10-14:20", kind="boost")
    rates = live(config("offered"), plan("14:08", "14:00-14:30", boost), "14:10", "14:20")
    night = live(config("offered"), plan("+02:05", dispatch("+02:00-+02:30", kind="boost")))

    assert [(r.house, r.car) for r in rates] == [(7.0, 6.0), (7.0, 27.0), (7.0, 6.0)]
    assert [(r.house, r.car) for r in night] == [(7.0, 6.0)]


# What cannot be known


def test_without_a_plan_the_day_is_unsure_and_costs_what_it_does_without_a_dispatch() -> None:
    (rate,) = live(config(), "14:00")

    assert (rate.band, rate.house, rate.car, rate.why) == ("unsure", 28.0, 27.0, "no plan has come yet")


def test_a_plan_is_believed_until_it_has_reached_its_age() -> None:
    rates = live(config("offered"), plan("14:00", "14:00-15:00"), "14:14:59", "14:15")

    assert bands(rates) == ["cheap", "cheap", "unsure"]
    assert (rates[2].house, rates[2].planned, rates[2].rung) == (28.0, False, None)
    assert rates[2].why == "the plan is older than 15 min"


def test_what_is_confirmed_outlives_the_plan_it_came_from() -> None:
    rates = live(config(plan_max_age=timedelta(minutes=5)), plan("14:01", "14:00-15:00"), charging("14:02"), "14:03",
                 "14:20", "14:30")  # fmt: skip

    assert bands(rates) == ["standard", "cheap", "cheap", "unsure"]


def test_a_missing_price_is_unknown_and_never_0() -> None:
    standard, offered, night = (
        live(config("offered", price=price), plan("14:00", *spans), now)[-1]
        for price, spans, now in (
            (Fallback(cheap=7.0), (), "14:01"),
            (Fallback(standard=28.0), ("14:00-15:00",), "14:01"),
            (Fallback(), (), "23:45"),
        )
    )

    assert (standard.band, standard.house, standard.car) == ("unsure", None, None)
    assert (offered.band, offered.house) == ("unsure", 28.0)
    assert (night.band, night.house, night.next) == ("cheap", None, None)


def test_an_older_plan_does_not_displace_a_newer_one() -> None:
    rates = live(config("offered"), plan("14:03", "14:00-15:00"), plan("14:01"))

    assert bands(rates) == ["cheap", "cheap"]


@pytest.mark.parametrize(
    ("trust", "found", "why"),
    [
        ("offered", dispatch("15:00-15:30"), "outside the fixed window, and no dispatch touches this half hour"),
        ("offered", dispatch("14:00-14:30"), "a dispatch touches this half hour and what is offered is trusted"),
        (
            "started",
            dispatch("14:00-14:30"),
            "a dispatch touches this half hour and is offered, but is not yet started",
        ),
        ("window", dispatch("14:00-14:30"), "a dispatch touches this half hour, but only the fixed window is trusted"),
        (
            "offered",
            dispatch("14:00-14:30", kind="boost"),
            "a boost touches this half hour, and a boost is never cheap",
        ),
        ("offered", dispatch("14:00-14:30", kind="test"), "a dispatch touches this half hour, but it is a test"),
        (
            "offered",
            dispatch("14:00-14:30", location="away"),
            "a dispatch touches this half hour, but the car is not at home",
        ),
        (
            "offered",
            dispatch("14:00-14:30", kwh=0.0),
            "a dispatch touches this half hour, but it is of a kind that counts only when the car is seen charging",
        ),
    ],
)
def test_a_rate_says_why_in_a_sentence(trust: str, found: Dispatch, why: str) -> None:
    (rate,) = live(config(trust), plan("14:05", found))

    assert rate.why == why


def test_a_missing_price_says_so() -> None:
    (rate,) = live(config(price=Fallback()), plan("14:05"))

    assert rate.why == "no price is known for this half hour"


# Several devices


def test_a_plan_of_one_device_leaves_the_others_alone() -> None:
    rates = live(config("offered"), plan("14:01", "14:00-15:00", device="a"), plan("14:02", device="b"), "14:03",
                 plan("14:04", device="a"))  # fmt: skip

    assert bands(rates) == ["cheap", "cheap", "cheap", "standard"]


def test_the_boost_of_one_device_is_no_word_on_the_record_of_another() -> None:
    boost, record = dispatch("14:00-14:30", kind="boost"), dispatch("14:00-14:20", status="completed")
    rates = live(config(), plan("14:01", boost, device="a"), plan("14:20", record, device="b"))

    assert bands(rates) == ["standard", "cheap"]


def test_the_power_of_one_device_confirms_nothing_of_another() -> None:
    rates = live(config(), plan("14:01", "14:00-15:00", device="a"), plan("14:02", device="b", power=7000.0), "14:03",
                 plan("14:04", "14:00-15:00", device="a", power=7000.0))  # fmt: skip

    assert [(rate.band, rate.rung) for rate in rates] == [("standard", "offered")] * 3 + [("cheap", "confirmed")]


def test_a_device_that_was_registered_anew_does_not_make_the_day_unsure() -> None:
    rates = live(config(), plan("13:00", device="old"), plan("14:00", device="new"))

    assert bands(rates) == ["standard", "standard"]


# Prices


def test_bands_come_before_lists_and_lists_before_settings() -> None:
    lists = Prices(at=at("13:00"), import_=(Price(start=at("00:00"), end=None, price=20.0),))
    both = replace(lists, bands=Bands(house_cheap=0.0, house_standard=30.0, car_cheap=-1.0))
    before, after = plan("14:20", "14:00-14:30"), plan("14:34", "14:30-15:00")
    rates = live(config("offered"), before, "14:31", lists, "14:32", both, "14:33", after)

    assert [r.house for r in rates] == [7.0, 28.0, 20.0, 30.0, 0.0]
    assert [r.car for r in rates] == [6.0, 27.0, 27.0, 27.0, -1.0]


def test_a_dispatch_takes_the_lowest_price_of_its_own_local_date() -> None:
    spans = (("19", "19:00", 1.0), ("20", "05:30", 28.0), ("20", "23:30", 7.5), ("21", "05:30", 29.0))
    starts = [at(clock, int(day)) for day, clock, _ in spans]
    ends = [*starts[1:], None]
    listed = tuple(Price(start=s, end=e, price=p) for s, e, (_, _, p) in zip(starts, ends, spans, strict=True))
    prices = Prices(at=at("13:00"), import_=listed)
    today = live(config("offered", window=False), prices, plan("14:00", "14:00-15:00"))
    tomorrow = live(config("offered", window=False), prices, plan("+14:00", "+14:00-+15:00"))

    assert [r.house for r in (*today, *tomorrow)] == [1.0, 7.5]


def test_free_power_is_a_price() -> None:
    free = Prices(at=at("13:00"), import_=(Price(start=at("13:00"), end=at("15:00"), price=0.0),))
    (rate,) = live(config(), free, plan("14:00"))

    assert (rate.band, rate.house, rate.next) == ("standard", 0.0, Next(at=at("15:00"), house=28.0))


# What comes next


@pytest.mark.parametrize(
    ("trust", "spans", "at_", "house"),
    [
        ("confirmed", ["15:10-16:10"], "23:30", 7.0),
        ("offered", ["15:10-16:10"], "15:00", 7.0),
        ("offered", ["14:00-14:20", "14:40-15:10"], "15:30", 28.0),
        ("offered", ["23:10-+01:00", "14:00-14:10"], "14:30", 28.0),
        ("started", ["15:10-16:10"], "23:30", 7.0),
        ("window", ["14:00-16:10"], "23:30", 7.0),
    ],
)
def test_the_next_price_is_the_first_that_differs_as_far_as_it_is_known(
    trust: str, spans: list[str], at_: str, house: float
) -> None:
    (rate,) = live(config(trust), plan("14:05", *spans))

    assert rate.next == Next(at=at(at_), house=house)


def test_a_dispatch_beside_the_window_makes_one_cheap_run_with_it() -> None:
    rates = live(config("offered"), plan("23:05", "23:10-23:30"), plan("+05:25", "+05:20-+05:45"))

    assert [r.next for r in rates] == [Next(at=at("+05:30"), house=28.0), Next(at=at("+06:00"), house=28.0)]


def test_a_dispatch_of_no_energy_promises_nothing_once_it_has_begun() -> None:
    idle = dispatch("14:10-15:00", kwh=0.0)
    rates = live(config("offered"), charging("14:00"), plan("14:00", idle), "14:05", "14:10")

    assert [rate.next and rate.next.at for rate in rates] == [at("15:00"), at("15:00"), at("14:30")]


def test_equal_prices_on_both_sides_of_a_change_are_no_change() -> None:
    same = Fallback(cheap=7.0, standard=7.0)

    assert [r.next for r in live(config(price=same), plan("14:00"))] == [None]


# Memory and settings


def test_nothing_but_a_tick_or_a_plan_triggers() -> None:
    triggers = {name for name, port in NODE.ins.items() if port.triggers}

    assert (triggers, NODE.ins.keys() - triggers) == ({"tick", "plan"}, {"prices", "car", "house"})


def test_a_restart_forgets_nothing() -> None:
    def run(restart: bool) -> list[Rate]:
        state, rates, cfg = State(), [], config(allowance=Allowance(hours=1))
        first, second = plan("14:01", "14:00-14:30"), plan("14:31", "14:30-15:30")
        plans = (first, second, plan("14:35"), plan("15:10", "15:00-15:40"))
        for new in plans:
            car = Car(at=new.at, seen=new.at, charging=True)
            state, emit = resolve(cfg, state, None, new, prices=None, car=car, house=None, now=new.at)
            assert isinstance(emit.body, Rate)
            rates.append(emit.body)
            if restart:
                state = decode(State, json.loads(json.dumps(encode(replace(state, outlook=None)))))
        return rates

    assert run(restart=True) == run(restart=False)
    assert bands(run(restart=True)) == ["cheap", "cheap", "cheap", "standard"]


def test_its_memory_stays_small() -> None:
    state, now, cfg = State(), at("00:00", 1), config("offered")
    for _ in range(48 * 10):
        now += timedelta(minutes=30)
        span = Dispatch(start=now - timedelta(minutes=20), end=now + timedelta(hours=3))
        new = Plan(at=now, device=f"{now:%d}", dispatches=(span,))
        car = Car(at=now, seen=now, charging=now.hour % 2 == 0)
        state, _ = resolve(cfg, state, Tick(now), None, prices=None, car=car, house=None, now=now)
        state, _ = resolve(cfg, state, None, new, prices=None, car=car, house=None, now=now)

    assert len(json.dumps(encode(replace(state, outlook=None)))) < 8000


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"timezone": "Europe/Londn"}, "there is no 'Europe/Londn'"),
        ({"timezone": ""}, "write it like Europe/London"),
        ({"plan_max_age": timedelta()}, "write how long a plan is believed"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Config(**settings)


def test_a_window_of_no_length_is_refused() -> None:
    with pytest.raises(ValueError, match="write `window: false`"):
        Window(from_=time(1), until=time(1))


@pytest.mark.parametrize("hours", [-1, 25])
def test_an_allowance_that_no_day_holds_is_refused(hours: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 24"):
        Allowance(hours=hours)


# A clock that was wrong


def test_a_plan_of_a_clock_that_was_ahead_is_no_plan_and_gives_way_to_the_next() -> None:
    offered = plan("16:00", "13:00-15:00")
    ahead, after, newer = live(config("offered"), offered, "13:10", plan("13:11", "13:00-15:00"))

    assert (ahead.band, after.band, newer.band) == ("standard", "unsure", "cheap")


def test_a_half_hour_confirmed_by_a_clock_that_was_ahead_stands_in_no_other_s_way() -> None:
    told = live(
        config(), plan("16:00", "16:00-17:00"), charging("16:05"), "16:05",
        plan("13:00", "13:00-15:00"), charging("13:05"), "13:05", charging("13:06", False), "13:20",
    )  # fmt: skip

    assert bands(told)[1:] == ["cheap", "standard", "cheap", "cheap"]
