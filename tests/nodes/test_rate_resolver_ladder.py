"""How far a dispatch must have come before rateResolver calls it cheap, and what is proof of that."""

from datetime import UTC, datetime, timedelta

import pytest
from rate_life import at, bands, charging, config, live, plan

from wattwire.nodes.messages import Car, Dispatch, House, Plan

IN_PROGRESS = "SMART_CONTROL_IN_PROGRESS"


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


@pytest.mark.parametrize(("read_at", "band"), [("14:30", "cheap"), ("14:29", "standard"), ("14:40", "cheap")])
def test_power_counts_for_the_half_hour_in_which_octopus_read_it(read_at: str, band: str) -> None:
    told = plan("14:32", "14:30-15:00", power=7000.0, power_at=at(read_at))  # a clock ahead of ours reads it now

    assert bands(live(config(), told)) == [band]


def test_a_charge_is_held_against_the_plan_it_was_seen_under() -> None:
    rates = live(config(), plan("14:01", "14:00-15:00"), charging("14:02"), plan("14:05"))

    assert bands(rates) == ["standard", "cheap"]


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
    cfg = config("offered", window=False, plan_max_age=timedelta(days=1))
    rates = live(cfg, found, *(midnight + n * timedelta(minutes=30) for n in range(8)))[1:]

    assert [f"{rate.at:%H:%M}" for rate in rates if rate.band == "cheap"] == touched


# What is confirmed stays, what is only offered may go


def test_a_confirmed_half_hour_stays_cheap_to_its_end_and_no_longer() -> None:
    offer, withdrawn = plan("14:01", "14:00-15:00"), plan("14:20")
    rates = live(config(), offer, charging("14:02"), "14:03", withdrawn, "14:29:59", "14:30")

    assert bands(rates) == ["standard", "cheap", "cheap", "cheap", "standard"]
    assert [r.planned for r in rates] == [True, True, False, False, False]
    assert rates[3].rung_at == at("14:02")


def test_a_confirmed_half_hour_whose_dispatch_is_gone_says_so() -> None:
    rates = live(config(), plan("14:01", "14:00-15:00", power=7000.0), plan("14:02"))

    assert [rate.why for rate in rates] == [
        "a dispatch touches this half hour and Octopus sees the car draw power",
        "a dispatch touched this half hour and Octopus sees the car draw power",
    ]


def test_what_is_confirmed_outlives_the_plan_it_came_from() -> None:
    rates = live(config(plan_max_age=timedelta(minutes=5)), plan("14:01", "14:00-15:00"), charging("14:02"), "14:03",
                 "14:20", "14:30")  # fmt: skip

    assert bands(rates) == ["standard", "cheap", "cheap", "unsure"]


def test_a_car_that_stops_does_not_undo_what_was_confirmed() -> None:
    offer, stopped = plan("14:01", "14:00-15:00"), charging("14:04", yes=False)
    rates = live(config(), offer, charging("14:02"), "14:03", stopped, "14:20")

    assert bands(rates) == ["standard", "cheap", "cheap"]


def test_a_withdrawn_offer_is_dear_at_once() -> None:
    rates = live(config("offered"), plan("14:01", "14:00-15:00"), plan("14:05"))

    assert bands(rates) == ["cheap", "standard"]


def test_a_late_tick_of_the_half_hour_before_ends_nothing() -> None:
    rates = live(config(), plan("14:31", "14:30-15:00"), charging("14:32"), "14:33", "14:29", plan("14:34"))

    assert bands(rates) == ["standard", "cheap", "standard", "cheap"]
