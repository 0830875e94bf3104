"""A car that is plugged in while power is dear: the guard stops the charge until Octopus has planned."""

from commanded_car import NOON, at, bench, order, told

from wattwire.flows.engine.bench import Bench


def evening(planned: int = 60) -> Bench:
    """Power is dear, and at 12:06 the cable goes in; the charge begins with it, and Octopus plans some time later."""
    it = bench()
    night = {"start": "2026-11-20T23:00:00Z", "end": "2026-11-21T01:00:00Z"}
    it.put(NOON, "simTesla.cable", {"plugged": False})
    it.put(NOON, "plugGuard.rate", {"until": "2026-11-20T18:00:00Z", "house": 27, "car": 27, "band": "standard"})
    it.put(at(6), "simTesla.cable", {"plugged": True, "power": 7400})
    for minute in range(60):
        it.put(at(minute), "plugGuard.plan", {"device": "d", "dispatches": [night] if minute >= planned else []})
        it.put(at(minute), "teslaState.poll", None)
    return it


def done(bench: Bench) -> list[str]:
    return [f"{d.at:%H:%M:%S} {d.do} {d.owner}" for d in bench.bodies("teslaCommand.done")]


def test_without_a_plan_the_charge_at_plug_in_is_stopped_for_15_minutes_and_started_again() -> None:
    it = evening().run(at(50))

    assert done(it) == ["12:08:08 stop plugGuard", "12:23:08 start plugGuard"]
    assert [t.why for t in it.bodies("plugGuard.told")] == [
        "plugged in, and Octopus has not planned yet: the charge is stopped until 12:23 UTC at most",
        "no plan came within 15 minutes: the car is started again, once",
    ]
    assert told(it) == []
    assert it.faults == []


def test_with_a_plan_the_car_is_left_to_octopus() -> None:
    it = evening(planned=12).run(at(59))

    assert done(it) == ["12:08:08 stop plugGuard"]
    assert it.bodies("plugGuard.told")[-1].why == "Octopus has planned: the car waits for its dispatch"


def test_a_person_who_starts_the_car_again_is_not_fought() -> None:
    it = evening()
    order(it, 15, "start", owner="me")
    it.run(at(59))

    assert done(it) == ["12:08:08 stop plugGuard", "12:15:08 start me"]
    assert it.bodies("plugGuard.told")[-1].why == "me said start: the rest is theirs"
