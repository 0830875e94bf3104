"""A command to a car that sleeps: who may wake it, how often, and what never does."""

import pytest
from commanded_car import ENV, FILE, asleep, at, calls, order, outcomes, told, trouble

from wattwire.flows.engine.loading import load_text
from wattwire.flows.engine.reasons import FlowError


def test_a_start_to_a_sleeping_car_wakes_it_once_is_carried_on_and_seen_done() -> None:
    it = asleep()
    order(it, 62, "start", reason="cheap")
    it.run(at(70))

    assert calls(it, 60) == [
        "13:02:00 charge_start",
        "13:02:00 wake_up",
        "13:02:05 LRWSIMULATED00001",
        "13:02:12 LRWSIMULATED00001",
        "13:02:23 LRWSIMULATED00001",
        "13:02:25 charge_start",
        "13:02:33 vehicle_data",
    ]
    assert outcomes(it, "teslaCommand", 60) == ["13:02:00 asleep", "13:02:25 taken", "13:02:33 done"]
    assert [w.why for w in it.bodies("teslaWake.woken")] == ["the car is asleep, and start is wanted: cheap"]
    assert told(it) == []
    assert it.faults == []


def test_several_commands_to_a_sleeping_car_share_one_wake_and_the_start_goes_last() -> None:
    it = asleep()
    for do, value in (("start", None), ("limit", 90), ("amps", 16)):
        order(it, 60, do, value=value)
    it.run(at(70))

    assert [c.split()[1] for c in calls(it, 60.2) if "LRW" not in c] == [
        "set_charge_limit",
        "set_charging_amps",
        "charge_start",
        "vehicle_data",
    ]
    assert len(it.bodies("teslaWake.woken")) == 1
    assert sorted(d.do for d in it.bodies("teslaCommand.done")[-3:]) == ["amps", "limit", "start"]


def test_a_stop_to_a_sleeping_car_is_done_and_nobody_wakes_it() -> None:
    it = asleep()
    order(it, 60, "stop")
    it.run(at(70))

    assert outcomes(it, "teslaCommand", 60) == ["13:00:00 done"]
    assert it.bodies("teslaWake.woken") == []


def test_a_stop_that_comes_while_the_car_wakes_wins_over_the_start_that_woke_it() -> None:
    it = asleep()
    order(it, 60, "start")
    order(it, 60.1, "stop")
    it.run(at(70))

    assert [c.split()[1] for c in calls(it, 60.2) if "charge" in c] == []
    assert it.times("teslaCommand.overtaken") == ["13:00:06", "13:00:25"]


def test_the_wakes_of_a_day_are_few_and_then_somebody_is_told() -> None:
    it = asleep()
    for hour in range(1, 5):
        order(it, hour * 60, "limit", value=50 + hour)
    it.run(at(300))

    assert it.times("teslaWake.woken") == ["13:00:00", "14:00:00"]
    assert it.times("teslaWake.spent") == ["15:00:00", "16:00:00"]
    assert len(told(it)) >= 2
    assert told(it)[0].startswith("the car is not woken for the car is asleep, and limit is wanted: ")


def test_on_holiday_nothing_wakes_it_and_somebody_is_told() -> None:
    it = asleep()
    it.put(at(59), "teslaWake.holiday", {"on": True})
    order(it, 60, "start")
    it.run(at(70))
    it.crash("teslaWake")
    order(it, 71, "start")
    it.run(at(75))

    assert [c for c in calls(it, 60) if "wake_up" in c] == []
    assert it.times("teslaWake.refused") == ["13:00:00", "13:11:00"]
    assert told(it)[0] == "it is a holiday, the car is not woken: the car is asleep, and start is wanted"


def test_a_car_that_does_not_wake_is_called_once_and_given_up_and_its_command_lapses() -> None:
    it = asleep()
    trouble(it, 60, "deaf")
    order(it, 60, "start")
    it.run(at(180))

    assert [c for c in calls(it, 60) if "wake_up" in c] == ["13:00:00 wake_up"]
    assert it.times("teslaWake.failed") == ["13:01:40"]
    assert [why for why in told(it) if "did not wake" in why] == [
        "the car did not wake within 90 s: the car is asleep, and start is wanted"
    ]
    assert it.bodies("teslaCommand.lapsed")[0].why == "start: not wanted any more, its time is over"


@pytest.mark.parametrize("source", ["plugGuard.stop", "teslaCommand.taken", "teslaWake.awake", "teslaCommand.done"])
def test_no_edge_leads_from_anything_that_may_be_a_stop_to_a_wake(source: str) -> None:
    text = FILE.read_text().replace("\nends:", f"\n  - {{from: {source}, to: teslaWake.need, every: 1h}}\nends:")
    with pytest.raises(FlowError) as refused:
        load_text(text, env=ENV)

    carries = "CarDone" if source.endswith("done") else "CarCommand"
    assert [r.text for r in refused.value.reasons] == [f"{source} carries {carries}, teslaWake.need takes Needed"]


def test_nor_does_a_message_from_outside_get_by_with_a_stop() -> None:
    it = asleep()
    it.put(at(60), "teslaWake.need", {"do": "stop"})
    it.run(at(61))

    assert it.bodies("teslaWake.woken") == []
    assert [node for _, node, _ in it.faults] == ["teslaWake"]
