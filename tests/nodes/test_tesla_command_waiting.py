"""What teslaCommand does of a wish that has to wait: for the car to wake, for its cable, or too long."""

import pytest
from command_life import ASLEEP, NOON, YES, Life, after, asked, no, reading, wish

from wattwire.nodes import Fault
from wattwire.nodes.car_messages import Needed
from wattwire.nodes.messages import Charger, House


def test_a_command_to_a_sleeping_car_waits_to_be_carried_on_by_whoever_wakes_it() -> None:
    life = Life()
    life.want(wish("start", reason="cheap"))
    ((port, needed),) = life.reply(1, 500, ASLEEP)

    assert port == "asleep"
    assert isinstance(needed, Needed)
    assert (needed.do, needed.at, needed.why) == ("start", NOON, "the car is asleep, and start is wanted: cheap")
    assert life.again(60) == []  # nothing but a waker moves it
    assert asked(life.want(wish("start", reason="cheap"), now=70)) == [("POST", "/command/charge_start", {})]


def test_a_car_known_to_sleep_is_not_even_asked_except_to_stop() -> None:
    life = Life()
    life.news(0, state="asleep", seen=None)

    assert life.ports(results := life.want(wish("limit", at=20, value=80))) == ["asleep"]
    assert asked(results) == []
    assert asked(life.want(wish("stop", at=21))) == [("POST", "/command/charge_stop", {})]  # it may just have begun


def test_a_wish_that_comes_too_late_is_not_sent() -> None:
    life = Life()

    assert life.ports(life.want(wish("stop", until=after(120)), now=121)) == ["lapsed"]
    assert life.ports(life.want(wish("limit", value=80), now=3601)) == ["lapsed"]


def test_a_wish_of_a_clock_that_was_wrong_does_not_stand_in_the_way_for_ever() -> None:
    life = Life()
    life.want(wish("start", at=86400), now=86400)
    life.reply(86401, 200, YES)

    assert asked(life.want(wish("stop", at=0))) == [("POST", "/command/charge_stop", {})]


def test_what_never_reached_the_car_is_no_try() -> None:
    life = Life()
    life.want(wish("start"))
    for second in range(300, 3300, 300):
        assert life.ports(life.reply(second - 299, 200, no("no_power"))) == ["powerless"]
        assert asked(life.again(second)) == [("POST", "/command/charge_start", {})]


def test_a_cable_that_turns_out_to_bring_no_power_is_waited_for_as_well() -> None:
    life = Life()
    life.want(wish("start"))
    for second in range(300, 3300, 300):
        life.reply(second - 299, 200, YES)
        life.again(second - 280)
        assert life.ports(life.reply(second - 279, 200, reading(charging_state="NoPower"))) == ["powerless"]
        assert asked(life.again(second)) == [("POST", "/command/charge_start", {})]


def test_whatever_waits_for_the_car_goes_with_the_one_that_is_carried_on_and_the_start_last() -> None:
    life = Life()
    for at, (do, value) in enumerate([("start", None), ("limit", 80), ("amps", 16)]):
        life.want(wish(do, at=at, value=value))
        life.reply(at + 0.5, 500, ASLEEP)

    sent = asked(life.want(wish("start", at=0), now=60))
    sent += asked(life.reply(61, 200, YES)) + asked(life.reply(62, 200, YES))
    last = life.reply(63, 200, YES)

    assert [name for _, name, _ in sent] == [
        f"/command/{n}" for n in ("set_charge_limit", "set_charging_amps", "charge_start")
    ]
    assert life.ports(last) == ["taken"]


def test_a_car_that_wakes_by_itself_is_told_what_waited_for_it() -> None:
    life = Life()
    life.want(wish("start"))
    life.reply(1, 500, ASLEEP)

    assert asked(life.news(300, charging=False)) == [("POST", "/command/charge_start", {})]


def test_a_stop_overtakes_the_start_that_waits_for_the_car_to_wake() -> None:
    life = Life()
    life.want(wish("start"))
    life.reply(1, 500, ASLEEP)
    life.want(wish("stop", at=5))
    stopped = life.reply(6, 500, ASLEEP)

    assert life.ports(stopped) == ["done"]
    assert life.want(wish("start"), now=60) == [
        ("overtaken", Fault("start: a newer wish took its place", code="overtaken"))
    ]


def test_a_car_out_of_reach_that_a_meter_sees_charging_is_not_taken_for_stopped() -> None:
    house, charger = Life(), Life()
    house.house = House(at=after(-30), ev=7100)
    charger.charger = Charger(at=after(-30), power=7100)
    for life in (house, charger):
        life.want(wish("stop"))

        assert life.ports(life.reply(1, 500, ASLEEP)) == ["failed"]


def test_a_meter_of_long_ago_says_nothing() -> None:
    life = Life()
    life.house = House(at=after(-121), ev=7100)
    life.want(wish("stop"))

    assert life.ports(life.reply(1, 500, ASLEEP)) == ["done"]


def test_unplugged_it_waits_for_the_cable_and_starts_by_itself() -> None:
    life = Life()
    life.want(wish("start"))
    life.reply(1, 200, no("disconnected"))

    assert life.again(60) == []
    assert life.news(100, plugged=False, charging=False) == []
    assert asked(life.news(200, plugged=True, charging=False)) == [("POST", "/command/charge_start", {})]


def test_what_the_car_told_before_it_refused_is_told_again_and_moves_nothing() -> None:
    life = Life()
    life.want(wish("start"))
    life.reply(1, 200, no("disconnected"))
    for second in range(60, 600, 60):
        assert life.news(second, seen=after(-1200), plugged=True) == []

    assert asked(life.news(600, plugged=True)) == [("POST", "/command/charge_start", {})]


def test_a_car_that_seems_awake_is_asked_again_only_once_it_was_away_or_has_told_something_new() -> None:
    slept, told = Life(), Life()
    for life in (slept, told):
        life.want(wish("start"))
        life.reply(1, 500, ASLEEP)
        for second in range(60, 600, 60):
            assert life.news(second, seen=after(-1200)) == []

    assert slept.news(600, seen=after(-1200), state="asleep") == []
    assert asked(slept.news(660, seen=after(-1200))) == [("POST", "/command/charge_start", {})]
    assert asked(told.news(600)) == [("POST", "/command/charge_start", {})]


@pytest.mark.parametrize(("until", "now"), [(None, 3601), (600, 601)])
def test_what_could_not_be_done_in_its_time_is_not_done_later(until: float | None, now: float) -> None:
    life = Life()
    life.want(wish("start", until=after(until) if until else None))
    life.reply(1, 200, no("disconnected"))

    assert life.ports(life.news(now, plugged=True, charging=False)) == ["lapsed"]
    assert life.again(now + 1) == []
