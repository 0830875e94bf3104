"""Which dispatches, records and boosts count for rateResolver, and of which of several devices they tell."""

import pytest
from rate_life import at, bands, charging, config, dispatch, live, plan

from wattwire.nodes.messages import Dispatch, House


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


@pytest.mark.parametrize(
    ("found", "before", "bands_"),
    [
        ("14:00-15:00", "BOOSTING", ["standard", "standard"]),  # a dispatch lingers beneath the boost
        ("14:20-14:50", "BOOSTING", ["standard", "standard"]),  # one is to come after it
        ("14:00-15:00", "SMART_CONTROL_IN_PROGRESS", ["cheap", "cheap"]),  # it was confirmed before the boost
        (dispatch("14:00-14:05", status="completed"), "BOOSTING", ["cheap", "cheap"]),  # the record of a charge
    ],
)
def test_what_a_car_draws_while_octopus_says_that_it_boosts_proves_no_dispatch(
    found: str | Dispatch, before: str, bands_: list[str]
) -> None:
    house = House(at=at("14:06"), ev=7000.0)
    rates = live(config(), house, plan("14:06", found, state=before), plan("14:08", found, state="BOOSTING"))

    assert bands(rates) == bands_
    assert rates[-1].car == 27.0


def test_the_boost_of_one_device_is_no_word_on_the_dispatch_of_another() -> None:
    one = plan("14:01", "14:00-15:00", device="a", state="BOOSTING", power=7000.0)
    two = plan("14:02", "14:00-15:00", device="b", power=7000.0)

    assert bands(live(config(), one, two)) == ["standard", "cheap"]


def test_a_boost_costs_the_car_the_standard_price_outside_the_window_only() -> None:
    boost = dispatch("14:10-14:20", kind="boost")
    rates = live(config("offered"), plan("14:08", "14:00-14:30", boost), "14:10", "14:20")
    night = live(config("offered"), plan("+02:05", dispatch("+02:00-+02:30", kind="boost")))

    assert [(r.house, r.car) for r in rates] == [(7.0, 6.0), (7.0, 27.0), (7.0, 6.0)]
    assert [(r.house, r.car) for r in night] == [(7.0, 6.0)]


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
