"""What rateResolver says where there is no plan, an old one, or one of a clock that was wrong."""

from rate_life import bands, charging, config, live, plan


def test_without_a_plan_the_day_is_unsure_and_costs_what_it_does_without_a_dispatch() -> None:
    (rate,) = live(config(), "14:00")

    assert (rate.band, rate.house, rate.car, rate.why) == ("unsure", 28.0, 27.0, "no plan has come yet")


def test_a_plan_is_believed_until_it_has_reached_its_age() -> None:
    rates = live(config("offered"), plan("14:00", "14:00-15:00"), "14:14:59", "14:15")

    assert bands(rates) == ["cheap", "cheap", "unsure"]
    assert (rates[2].house, rates[2].planned, rates[2].rung) == (28.0, False, None)
    assert rates[2].why == "the plan is older than 15 min"


def test_an_older_plan_does_not_displace_a_newer_one() -> None:
    rates = live(config("offered"), plan("14:03", "14:00-15:00"), plan("14:01"))

    assert bands(rates) == ["cheap", "cheap"]


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
