"""How the car's cheap hours of a day are used up, and what power costs beyond them."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from wattwire.nodes.allowance import Allowance
from wattwire.nodes.messages import Car, Dispatch, House, Plan, Rate, Tick
from wattwire.nodes.rate_memory import State
from wattwire.nodes.rate_resolver import Config, resolve
from wattwire.nodes.tariff_rules import Fallback, Rules

PENCE = Fallback(cheap=7.0, standard=28.0, car_cheap=6.0, car_standard=27.0)


def at(clock: str) -> datetime:
    """A time of 20 January; `+` is the day after, `-` the day before."""
    day = 20 + clock.startswith("+") - clock.startswith("-")
    hour, minute = map(int, clock.lstrip("+-").split(":"))
    return datetime(2026, 1, day, hour, minute, tzinfo=UTC)


def dispatch(start: str, end: str, **more: Any) -> Dispatch:
    return Dispatch(start=at(start), end=at(end), **more)


def plan(now: str, *found: tuple[str, str] | Dispatch, device: str = "car", power: float | None = None) -> Plan:
    dispatches = tuple(d if isinstance(d, Dispatch) else dispatch(*d) for d in found)
    return Plan(at=at(now), device=device, power=power, dispatches=dispatches)


def config(**settings: Any) -> Config:
    given = {"price": PENCE, "trust": "offered", "plan_max_age": timedelta(days=1), **settings}
    return Config(**given)


def live(cfg: Config, *steps: str | Plan | Car | House) -> list[Rate]:
    state, rates, car, house = State(), [], None, None
    for step in steps:
        if isinstance(step, Car):
            car = step
        elif isinstance(step, House):
            house = step
        else:
            tick, new = (Tick(at(step)), None) if isinstance(step, str) else (None, step)
            now = at(step) if isinstance(step, str) else step.at
            state, emit = resolve(cfg, state, tick, new, prices=None, car=car, house=house, now=now)
            assert isinstance(emit.body, Rate)
            rates.append(emit.body)
    return rates


def left(cfg: Config, *steps: str | Plan | Car | House) -> list[float | None]:
    return [rate.allowance_left for rate in live(cfg, *steps)]


def seen(clock: str, charging: bool) -> Car:
    return Car(at=at(clock), seen=at(clock), charging=charging)


def test_every_half_hour_that_is_touched_is_used_up_from_when_it_begins() -> None:
    hours = left(config(), plan("13:00", ("14:20", "15:01")), "13:59", "14:00", "14:29", "14:30", "15:00", "15:30")

    assert hours == [6.0, 6.0, 5.5, 5.5, 5.0, 4.5, 4.5]


def test_half_hours_inside_the_window_are_used_up_too() -> None:
    assert left(config(), plan("23:00", ("+00:00", "+03:00")), "+02:10") == [6.0, 3.5]


def test_the_half_hour_that_reaches_the_limit_is_inside() -> None:
    rates = live(config(), plan("12:20", ("12:30", "18:31")), "18:00", "18:30")

    assert [(r.band, r.house, r.car, r.allowance_left) for r in rates[1:]] == [
        ("cheap", 7.0, 6.0, 0.0),
        ("standard", 28.0, 27.0, 0.0),
    ]
    assert rates[2].why == "a dispatch touches this half hour, but the allowance of the day is used up"


def test_beyond_it_only_the_car_pays_more_inside_the_window() -> None:
    rates = live(config(), plan("20:00", ("20:00", "+03:00")), "+01:59", "+02:00", "+04:00")

    assert [(r.band, r.house, r.car) for r in rates[1:]] == [
        ("cheap", 7.0, 6.0),
        ("cheap", 7.0, 27.0),
        ("cheap", 7.0, 27.0),
    ]
    assert rates[3].why == "inside the fixed window until 05:30; the car's allowance is used up"


@pytest.mark.parametrize("noon", ["2026-01-20T12:00:00Z", "2026-07-20T11:00:00Z"])
def test_a_new_day_begins_at_local_noon(noon: str) -> None:
    now, half = datetime.fromisoformat(noon), timedelta(minutes=30)
    found, state, hours = Plan(at=now, dispatches=(Dispatch(start=now - 3 * half, end=now - half),)), State(), []
    for t in (now - half, now):
        state, emit = resolve(config(), state, None, found, prices=None, car=None, house=None, now=t)
        assert isinstance(emit.body, Rate)
        hours.append(emit.body.allowance_left)

    assert hours == [5.0, 6.0]


@pytest.mark.parametrize(
    ("begins", "hours"),
    [
        ("2026-03-28T12:00:00Z", [6.0, 3.5, 5.5]),  # 23 hours to the next local noon, at 11:00Z
        ("2026-10-24T11:00:00Z", [6.0, 3.5, 3.0]),  # 25 hours, to 12:00Z
    ],
)
def test_the_day_of_a_changed_clock_is_an_hour_shorter_or_longer(begins: str, hours: list[float]) -> None:
    noon, half, state, rates = datetime.fromisoformat(begins), timedelta(minutes=30), State(), []
    spans = tuple(Dispatch(start=noon + n * half, end=noon + (n + 1) * half) for n in (1, 2, 3, 4, 5, 47))
    found = Plan(at=noon, dispatches=spans)
    for n in (0, 46, 48):
        now = noon + n * half - (timedelta(minutes=1) if n == 46 else timedelta())
        given = (None, found) if n == 0 else (Tick(now), None)
        state, emit = resolve(config(), state, *given, prices=None, car=None, house=None, now=now)
        assert isinstance(emit.body, Rate)
        rates.append(emit.body.allowance_left)

    assert rates == hours


@pytest.mark.parametrize("noon", ["2026-01-20T12:00:00Z", "2026-07-20T11:00:00Z"])
def test_a_dispatch_that_crosses_noon_gets_no_second_allowance_for_its_rest(noon: str) -> None:
    now, half, cfg, state, prices = (
        datetime.fromisoformat(noon),
        timedelta(minutes=30),
        config(window=False),
        State(),
        [],
    )
    found = Plan(at=now - 20 * half, dispatches=(Dispatch(start=now - 14 * half, end=now + 3 * half),))
    state, _ = resolve(cfg, state, None, found, prices=None, car=None, house=None, now=found.at)
    for n in (-14, -3, -2, 0, 2):
        tick = Tick(now + n * half)
        state, emit = resolve(cfg, state, tick, None, prices=None, car=None, house=None, now=tick.at)
        assert isinstance(emit.body, Rate)
        prices.append((emit.body.house, emit.body.car))

    assert prices == [(7.0, 6.0), (7.0, 6.0), (28.0, 27.0), (28.0, 27.0), (28.0, 27.0)]


def test_a_dispatch_across_noon_counts_on_both_sides() -> None:
    assert left(config(), plan("08:00", ("08:30", "13:30")), "11:59", "12:00", "13:29") == [6.0, 2.5, 5.5, 4.5]


def test_a_dispatch_that_ran_out_before_noon_earns_nothing_after_it() -> None:
    rates = live(config(window=False), plan("-20:00", ("-21:00", "15:00")), "02:59", "03:00", "11:59", "12:00", "14:59")

    assert [r.band for r in rates] == ["standard", "cheap", "standard", "standard", "standard", "standard"]
    assert rates[4].why == "a dispatch touches this half hour, but its allowance ran out before the new day began"
    assert rates[1].next is not None
    assert rates[1].next.at == at("03:00")


def test_it_earns_nothing_either_when_its_start_is_reported_anew() -> None:
    rates = live(
        config(window=False),
        plan("-20:00", ("-21:00", "15:00")),
        plan("11:50", ("11:50", "15:00")),
        plan("12:10", ("12:10", "15:00")),
    )

    assert [r.band for r in rates] == ["standard", "standard", "standard"]


def test_a_dispatch_that_begins_at_noon_earns_again() -> None:
    rates = live(config(window=False), plan("-20:00", ("-21:00", "12:00"), ("12:00", "15:00")), "11:59", "12:00")

    assert [r.band for r in rates[1:]] == ["standard", "cheap"]


def test_a_dispatch_that_ends_its_allowance_exactly_at_noon_goes_on() -> None:
    rates = live(config(), plan("05:50", ("06:00", "13:00")), "11:59", "12:00")

    assert [r.band for r in rates] == ["standard", "cheap", "cheap"]


@pytest.mark.parametrize(
    ("what", "hours"),
    [
        (seen("14:10", charging=False), 6.0),
        (seen("14:10", charging=True), 5.5),
        (seen("13:59", charging=False), 5.5),  # of another half hour
        (House(at=at("14:10"), ev=0.0), 6.0),
        (House(at=at("14:10"), ev=7000.0), 5.5),
        (House(at=at("14:10")), 5.5),
    ],
)
def test_a_half_hour_in_which_the_car_is_seen_not_to_charge_is_not_used_up(what: Car | House, hours: float) -> None:
    rates = left(config(), plan("13:50", ("14:00", "14:30")), what, "14:11", plan("14:40"), "18:00")

    assert rates == [6.0, hours, hours, hours]


@pytest.mark.parametrize(
    ("told", "hours"),
    [
        ((seen("14:17", charging=False), "14:18"), 5.5),  # before it began
        ((seen("14:21", charging=False), "14:22"), 6.0),
        ((seen("14:23", charging=False), "14:24"), 5.5),  # after its end
        ((House(at=at("14:23"), ev=0.0), "14:24"), 5.5),
        ((plan("14:23", ("14:20", "14:23"), power=0.0),), 5.5),
        ((plan("14:22", ("14:20", "14:23"), power=0.0),), 6.0),
        ((plan("14:22", ("14:20", "14:23"), device="another", power=0.0),), 5.5),
        ((plan("14:22", device="another"), House(at=at("14:22"), ev=0.0), "14:22"), 6.0),
    ],
)
def test_idleness_speaks_against_a_dispatch_only_while_it_runs(told: Any, hours: float) -> None:
    rates = left(config(), plan("13:50", ("14:20", "14:23")), *told, plan("14:40"), "18:00")

    assert rates[-1] == hours


def test_it_is_used_up_if_the_car_charged_in_any_part_of_it() -> None:
    steps = (seen("14:02", charging=False), "14:03", seen("14:10", charging=True), "14:11")
    rates = left(config(), plan("13:50", ("14:00", "14:30")), *steps, seen("14:20", charging=False), "14:21")

    assert rates == [6.0, 6.0, 5.5, 5.5]


def test_the_ledger_keeps_what_the_plan_forgets() -> None:
    rates = left(config(), plan("13:50", ("14:00", "15:00")), plan("15:10"), plan("16:00", ("16:00", "17:00")), "16:40")

    assert rates == [6.0, 5.0, 4.5, 4.0]


def test_an_offer_that_goes_before_it_begins_uses_up_nothing() -> None:
    rates = left(config(), plan("13:50", ("14:20", "15:00")), plan("14:10"), "14:50")

    assert rates == [6.0, 6.0, 6.0]


@pytest.mark.parametrize(("kind", "hours"), [("smart", 5.0), ("unknown", 6.0), ("boost", 6.0), ("test", 6.0)])
def test_only_what_counts_is_used_up(kind: str, hours: float) -> None:
    assert left(config(), plan("13:50", dispatch("14:00", "15:00", kind=kind)), "16:00")[-1] == hours


def test_a_record_of_a_charge_is_used_up_once_beside_its_plan() -> None:
    record = dispatch("14:00", "15:00", status="completed", kwh=3.1)

    assert left(config(), plan("13:50", ("14:00", "15:00")), plan("15:10", record), plan("15:20")) == [6.0, 5.0, 5.0]


def test_two_devices_share_a_household_and_have_each_their_own_otherwise() -> None:
    one, two = plan("13:50", ("14:00", "16:00"), device="one"), plan("13:51", ("15:00", "17:00"), device="two")
    shared = left(config(), one, two, "18:00")
    own = left(config(allowance=Allowance(per="device")), one, two, "15:40", "16:10", "18:00")

    assert shared == [6.0, 6.0, 3.0]
    assert own == [6.0, 6.0, 5.0, 4.5, 4.0]


def test_one_device_may_be_beyond_while_the_other_still_earns() -> None:
    cfg = config(allowance=Allowance(hours=1, per="device"), window=False)
    one, two = plan("13:50", ("14:00", "16:00"), device="one"), plan("13:51", ("15:30", "16:00"), device="two")

    assert [r.band for r in live(cfg, one, two, "14:40", "15:10", "15:40")[2:]] == ["cheap", "standard", "cheap"]


def test_a_device_without_power_leaves_the_half_hours_of_another_alone() -> None:
    one, two = plan("14:10", ("14:00", "16:00"), device="one"), plan("14:11", device="two", power=0.0)

    assert left(config(), one, two, "14:20", plan("14:21", ("14:00", "16:00"), device="one", power=0.0)) == [
        5.5,
        5.5,
        5.5,
        6.0,
    ]


@pytest.mark.parametrize(("per", "hours"), [("household", 5.5), ("device", 6.0)])
def test_a_half_hour_that_one_device_uses_is_not_used_by_the_idle_one(per: Any, hours: float) -> None:
    one, two = (plan("14:10", ("14:00", "14:30"), device=d, power=p) for d, p in (("one", 0.0), ("two", 7000.0)))

    assert left(config(allowance=Allowance(per=per)), one, two, "14:40")[-1] == hours


def test_without_an_allowance_there_is_no_end() -> None:
    rates = live(config(allowance=None, window=False), plan("12:00", ("12:00", "+11:00")), "+10:59")

    assert [(r.band, r.allowance_left) for r in rates] == [("cheap", None), ("cheap", None)]


def test_what_is_planned_after_the_limit_is_not_promised() -> None:
    rates = live(config(), plan("12:10", ("12:30", "16:00"), ("17:00", "20:30")), "12:40", "17:10")

    assert [(r.next.at, r.next.house) for r in rates if r.next] == [
        (at("12:30"), 7.0),
        (at("16:00"), 28.0),
        (at("19:30"), 28.0),
    ]


def test_a_half_hour_across_an_odd_beginning_of_the_day_is_in_both() -> None:
    cfg = config(allowance=Allowance(from_=time(12, 15)))

    assert left(cfg, plan("11:50", ("12:00", "12:30")), "12:10", "12:20", "12:40") == [6.0, 5.5, 5.5, 5.5]


@pytest.mark.parametrize(
    ("settings", "span", "barred"),
    [
        ({}, ("12:00", "20:00"), [False, True]),
        ({"allowance": None}, ("12:00", "20:00"), [False, False]),
        ({}, ("05:00", "19:00"), [True, True]),  # it came to its end with yesterday's
        ({}, ("21:00", "22:00"), [False, False]),
        ({"trust": "window"}, ("12:00", "20:00"), [True, True]),
        ({"tariff": Rules(dispatch="car")}, ("12:00", "20:00"), [True, True]),
    ],
)
def test_a_rate_tells_where_no_dispatch_could_make_it_cheap(
    settings: dict[str, Any], span: tuple[str, str], barred: list[bool]
) -> None:
    rates = live(config(**{"trust": "confirmed", **settings}), plan("04:50", span), "17:40", "18:10")[1:]

    assert [r.barred for r in rates] == barred
