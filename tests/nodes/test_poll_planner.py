from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from wattwire.nodes import Due, Emit, Started, Timer
from wattwire.nodes.messages import Dispatch, Plan, Tick
from wattwire.nodes.poll_pace import next_look
from wattwire.nodes.poll_planner import Config, State, step

CFG = Config(jitter=timedelta(0))
MINUTE = timedelta(minutes=1)


def at(text: str, day: int = 20) -> datetime:
    return datetime.fromisoformat(f"2026-11-{day}T{text}").replace(tzinfo=UTC)


def plan(now: datetime, *spans: str, device: str = "car") -> Plan:
    pairs = [span.split("-") for span in spans]
    return Plan(at=now, device=device, dispatches=tuple(Dispatch(start=at(a), end=at(b)) for a, b in pairs))


def look(now: str, *spans: str, cfg: Config = CFG, day: int = 20) -> str:
    then = next_look(cfg, {"car": plan(at(now, day), *spans)}, at(now, day))
    return f"{then:%H:%M:%S}"


@pytest.mark.parametrize(
    ("now", "planned", "then"),
    [
        ("12:01", "", "12:05:00"),
        ("12:01", "18:00-19:00", "12:05:00"),  # nothing begins soon
        ("13:06", "13:10-13:20", "13:09:15"),  # before a known start
        ("13:09:15", "13:10-13:20", "13:10:40"),  # and once it has begun
        ("13:10:40", "13:10-13:20", "13:14:40"),
        ("13:58", "13:10-14:20", "14:00:40"),  # a new half hour of it
        ("13:57", "13:10-14:00", "14:01:00"),  # it ends with the half hour: the next one is none of its own
        ("13:57", "13:10-13:20", "14:01:00"),  # over
    ],
)
def test_every_4_minutes_and_around_what_a_dispatch_begins(now: str, planned: str, then: str) -> None:
    assert look(now, *planned.split()) == then


@pytest.mark.parametrize(
    ("now", "then"),
    [("11:55:49", "11:59:49"), ("11:55:51", "12:00:20"), ("11:56", "12:00:20"), ("11:56:20", "12:00:20")],
)
def test_nobody_is_asked_on_the_half_hour_itself(now: str, then: str) -> None:
    assert look(now) == then


@pytest.mark.parametrize(
    ("now", "planned", "then"),
    [
        ("23:27", "", "23:31:00"),
        ("23:31", "", "23:51:00"),
        ("02:00", "02:10-02:20 03:00-05:00", "02:20:00"),  # cheap for the house with it and without it
        ("04:45", "", "05:00:20"),  # the usual pace half an hour before the window ends
        ("05:01", "", "05:05:00"),
        ("05:27", "05:10-06:00", "05:30:40"),  # it makes the half hour after the window cheap
        ("05:31", "", "05:35:00"),
    ],
)
def test_in_the_window_no_plan_can_change_the_house_s_price_so_it_is_read_seldom(
    now: str, planned: str, then: str
) -> None:
    assert look(now, *planned.split()) == then


def test_the_window_is_local() -> None:
    summer = datetime(2026, 7, 1, 22, 31, tzinfo=UTC)

    assert next_look(CFG, {}, summer) == summer + 20 * MINUTE


def test_a_tariff_without_a_window_has_no_quiet_night() -> None:
    assert look("02:01", cfg=replace(CFG, window=False)) == "02:05:00"


def test_two_devices_are_asked_half_as_often() -> None:
    now = at("12:01")

    assert next_look(CFG, {"a": plan(now), "b": plan(now)}, now) == now + 8 * MINUTE


def test_jitter_is_drawn_from_the_time_so_that_the_same_day_is_lived_the_same_way() -> None:
    jittered = Config()
    late = {next_look(jittered, {}, at("12:01") + n * MINUTE) - at("12:01") - n * MINUTE for n in range(10)}

    assert all(4 * MINUTE <= d < 4.5 * MINUTE for d in late)
    assert len(late) == 10
    assert next_look(jittered, {}, at("12:01")) == next_look(jittered, {}, at("12:01"))
    assert next_look(replace(jittered, seed=1), {}, at("12:01")) != next_look(jittered, {}, at("12:01"))


# The node


def test_a_plan_sets_the_time_of_the_next_look() -> None:
    now = at("12:01")
    state, done = step(CFG, State(), None, plan(now), now)

    assert done == [Timer("look", at("12:05"))]
    assert state.next == at("12:05")


def test_a_look_that_brings_no_plan_is_followed_by_another_a_quarter_of_an_hour_later() -> None:
    _, done = step(CFG, State(), Due("look"), None, at("12:05"))

    assert done == [Emit("look", Tick(at("12:05"))), Timer("look", at("12:20"))]


def test_the_first_start_leaves_time_for_a_first_plan() -> None:
    assert step(CFG, State(), Started(), None, at("12:00"))[1] == [Timer("look", at("12:15"))]


@pytest.mark.parametrize(
    ("known", "now", "then"),
    [
        ("12:05", "12:03", "12:05"),
        ("12:05", "12:05", "12:05:45"),  # missed while it was stopped
        ("23:00", "12:03", "12:03:45"),  # a clock that was set back
    ],
)
def test_a_restart_keeps_to_what_was_meant(known: str, now: str, then: str) -> None:
    assert step(CFG, State(next=at(known)), Started(), None, at(now))[1] == [Timer("look", at(then))]


def test_the_plans_of_several_devices_are_looked_at_together() -> None:
    now = at("13:06")
    state, _ = step(CFG, State(), None, plan(now, "13:10-13:20"), now)
    _, done = step(CFG, state, None, plan(now, device="other"), now)

    assert done == [Timer("look", at("13:09:15"))]


def test_a_device_of_which_nothing_is_heard_any_more_slows_nobody_down() -> None:
    old = plan(at("11:00"), device="old")
    _, done = step(CFG, State(plans={"old": old}), None, plan(at("12:01")), at("12:01"))

    assert done == [Timer("look", at("12:05"))]


def test_octopus_is_not_to_be_asked_more_often_than_once_a_minute() -> None:
    with pytest.raises(ValueError, match="a minute at least"):
        Config(every=timedelta(seconds=30))
