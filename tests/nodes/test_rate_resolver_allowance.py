"""How the car's cheap hours of a day are used up, and what power costs beyond them."""

from typing import Any

import pytest
from allowance_talk import at, config, dispatch, left, live, plan, seen

from wattwire.nodes.allowance import Allowance
from wattwire.nodes.messages import Car, House
from wattwire.nodes.tariff_rules import Rules


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
