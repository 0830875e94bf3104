import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from wattwire.nodes import Emit, Fault, Json, Reply, Request, Secret
from wattwire.nodes.messages import Car, Dispatch, Plan, Token
from wattwire.nodes.tesla_course import follow
from wattwire.nodes.tesla_memory import Memory
from wattwire.nodes.tesla_place import Place
from wattwire.nodes.tesla_state import Config, Out, ask

WORLD = Path(__file__).parents[1] / "world" / "tesla"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
SEEN = datetime(2026, 11, 21, 11, 59, 55, tzinfo=UTC)
VIN = "LRWTEST0000000001"
CFG = Config(vin=VIN)
TOKEN = Token(Secret("eyJ-access-1"), NOON + timedelta(days=90))


def recorded(name: str) -> Reply:
    told = json.loads((WORLD / f"{name}.json").read_text())
    return Reply(told["status"], told["json"], headers=told.get("headers", {}))


class Life:
    """A car that is polled at some minutes: what was asked of Tesla, and what was said to the flow."""

    def __init__(self, cfg: Config = CFG) -> None:
        self.cfg, self.memory, self.asked = cfg, Memory(), list[tuple[float, str]]()

    def poll(
        self, minute: float, vehicle: str = "vehicle_online", *data: str, hint: Plan | None = None, token: Token = TOKEN
    ) -> list[Emit]:
        now, replies = NOON + timedelta(minutes=minute), [vehicle, *data]
        self.memory, results = ask(self.cfg, self.memory, object(), now, token=token, hint=hint)
        while isinstance(results, Request):
            assert results.method == "GET"
            self.asked.append((minute, "data" if results.url.endswith(f"/{VIN}/vehicle_data") else "vehicle"))
            reply = replace(fresh(recorded(replies.pop(0)), now), at=now, tag=results.tag)
            self.memory, results = follow(self.cfg, self.memory, reply)
        return results

    def reads(self) -> list[float]:
        return [minute for minute, what in self.asked if what == "data"]


def fresh(reply: Reply, now: datetime) -> Reply:
    """The recorded reading as the car would tell it now."""
    if not (isinstance(reply.json, dict) and isinstance(car := reply.json.get("response"), dict)):
        return reply
    stamp = (now - NOON + SEEN - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(milliseconds=1)
    told: dict[str, Json] = {k: {**v, "timestamp": stamp} if isinstance(v, dict) else v for k, v in car.items()}
    return replace(reply, json={"response": told})


def test_the_first_question_leaves_the_car_alone() -> None:
    _, request = ask(CFG, Memory(), object(), NOON, token=TOKEN, hint=None)

    assert request == Request(
        method="GET",
        url="https://fleet-api.prd.eu.vn.cloud.tesla.com/api/1/vehicles/LRWTEST0000000001",
        authorization=Secret("Bearer eyJ-access-1"),
        tag="vehicle",
    )


@pytest.mark.parametrize(
    ("token", "why"), [(None, "no token yet"), (Token(Secret("old"), NOON), "the token has expired")]
)
def test_without_a_good_token_nothing_is_asked(token: Token | None, why: str) -> None:
    _, results = ask(CFG, Memory(), object(), NOON, token=token, hint=None)

    assert results == [Out.unauthorised(Fault(why))]


def test_a_car_that_is_awake_is_read_in_detail() -> None:
    life = Life()

    emits = life.poll(0, "vehicle_online", "data_charging")

    assert emits == [
        Out.car(
            Car(
                at=NOON,
                seen=SEEN,
                state="online",
                plugged=True,
                charging=True,
                soc=64.0,
                soc_usable=62.0,
                limit=80.0,
                power=7424.0,
            )
        )
    ]


@pytest.mark.parametrize("word", ["asleep", "offline"])
def test_a_car_that_is_away_keeps_its_last_reading_with_its_age(word: str) -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_stopped")

    first, second = life.poll(60, f"vehicle_{word}")

    assert first == Emit(word, Fault(f"the car is {word}", 200))
    assert isinstance(car := second.body, Car)
    assert (car.state, car.at, car.seen) == (word, NOON + timedelta(hours=1), SEEN)
    assert (car.soc, car.soc_usable, car.plugged, car.charging) == (64.0, 62.0, True, False)


@pytest.mark.parametrize(("word", "charging", "power"), [("asleep", False, 0.0), ("offline", True, 7424.0)])
def test_sleep_ends_a_charge_and_a_radio_hole_does_not(word: str, charging: bool, power: float) -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_charging")

    car = life.poll(5, f"vehicle_{word}")[1].body

    assert isinstance(car, Car)
    assert (car.charging, car.power) == (charging, power)


def test_a_car_that_has_just_woken_may_be_charging() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_stopped")
    life.poll(60, "vehicle_asleep")

    [emit] = life.poll(70)

    assert isinstance(car := emit.body, Car)
    assert (car.state, car.charging, car.power, car.soc, car.seen) == ("online", None, None, 64.0, SEEN)


def test_a_car_never_read_is_told_as_asleep_with_nothing_known() -> None:
    assert Life().poll(0, "vehicle_asleep")[1] == Out.car(Car(at=NOON, state="asleep"))


def test_a_car_that_falls_asleep_between_the_two_questions_is_asleep() -> None:
    assert [e.port for e in Life().poll(0, "vehicle_online", "asleep_408")] == ["asleep", "car"]


def test_a_time_out_is_a_failure_and_changes_nothing_that_is_known() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_charging")
    before = life.memory.car

    emits = life.poll(5, "vehicle_online", "timeout_408")

    assert [e.port for e in emits] == ["failed"]
    assert life.memory.car == before
    assert life.memory.pace.phase == "charging"


def test_a_sleeping_car_is_never_read_in_detail_however_often_it_is_polled() -> None:
    life = Life()
    for minute in range(0, 600, 5):
        life.poll(minute, "vehicle_asleep")

    assert life.reads() == []
    assert len(life.asked) == 120


def test_a_car_that_wakes_for_two_minutes_only_is_not_read() -> None:
    life = Life(replace(CFG, settle=timedelta(minutes=3)))
    life.poll(0, "vehicle_asleep")
    life.poll(10)
    life.poll(12)
    life.poll(14, "vehicle_asleep")

    assert life.reads() == []


def test_a_car_that_stays_awake_is_read_once_and_then_left_alone_for_21_minutes() -> None:
    life = Life()
    life.poll(0, "vehicle_asleep")
    for minute in range(1, 50):
        life.poll(minute, "vehicle_online", "data_unplugged")

    assert life.reads() == [2, 23, 44]


def test_a_charging_car_is_read_every_5_minutes() -> None:
    life = Life()
    for minute in range(0, 16):
        life.poll(minute, "vehicle_online", "data_charging")

    assert life.reads() == [0, 5, 10, 15]


def test_a_poll_some_seconds_early_does_not_halve_the_pace() -> None:
    life = Life()
    for minute in (0.1, 5.0, 10.1, 15.0):
        life.poll(minute, "vehicle_online", "data_charging")

    assert life.reads() == [0.1, 5.0, 10.1, 15.0]


def test_after_a_charge_the_car_is_read_once_more_and_may_sleep() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_charging")
    for minute in range(5, 26):
        life.poll(minute, "vehicle_online", "data_complete")

    assert life.reads() == [0, 5, 6]


def test_after_a_drive_the_car_is_watched_for_15_minutes() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_driving")
    for minute in range(4, 40):
        life.poll(minute, "vehicle_online", "data_unplugged")

    assert life.reads() == [0, 4, 5, 9, 13, 17, 21]


def test_watching_ends_when_it_is_plugged_in() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_driving")
    for minute in range(4, 26):
        life.poll(minute, "vehicle_online", "data_stopped" if minute >= 7 else "data_unplugged")

    assert life.reads() == [0, 4, 5, 9]


def dispatching(start: int, end: int) -> Plan:
    at = NOON + timedelta(minutes=start)
    return Plan(at=NOON, dispatches=(Dispatch(start=at, end=NOON + timedelta(minutes=end)),))


def test_a_dispatch_that_begins_is_worth_two_reads_of_a_car_that_is_awake() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_stopped")
    for minute in range(1, 20):
        life.poll(minute, "vehicle_online", "data_stopped", hint=dispatching(5, 60))

    assert life.reads() == [0, 5, 10]


def test_a_dispatch_that_begins_soon_after_a_read_is_worth_one_at_once() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_stopped")
    for minute in range(1, 20):
        life.poll(minute, "vehicle_online", "data_stopped", hint=dispatching(2, 60))

    assert life.reads() == [0, 2, 7]


def test_a_car_that_wakes_for_a_dispatch_is_read_at_once() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_stopped")
    life.poll(30, "vehicle_asleep")
    life.poll(60, "vehicle_online", "data_charging", hint=dispatching(60, 90))

    assert life.reads() == [0, 60]


def test_a_drive_goes_on_while_the_car_does_not_say_its_gear() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_driving")
    body: Json = {"response": {"state": "online", "charge_state": {"charging_state": "Disconnected"}}}

    life.memory, _ = follow(CFG, life.memory, Reply(200, body, at=NOON + timedelta(minutes=5), tag="data"))

    assert life.memory.pace.phase == "driving"


def test_a_reading_of_the_same_instant_is_no_older_one() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_charging")

    same = replace(recorded("data_charging"), at=NOON + timedelta(minutes=5), tag="data")

    assert isinstance(follow(CFG, life.memory, same)[1], list)


def test_a_dispatch_does_not_wake_a_sleeping_car() -> None:
    life = Life()
    for minute in range(10):
        life.poll(minute, "vehicle_asleep", hint=dispatching(0, 60))

    assert life.reads() == []


def test_a_failing_read_is_not_repeated_within_a_minute() -> None:
    life = Life()
    for second in range(0, 60, 10):
        life.poll(second / 60, "vehicle_online", "timeout_408")

    assert life.reads() == [0, 50 / 60]


def test_the_budget_of_the_day_holds_over_restarts_and_is_told_with_the_last_values() -> None:
    life = Life(replace(CFG, reads_per_day=2))
    life.poll(0, "vehicle_online", "data_charging")
    life.poll(5, "vehicle_online", "data_charging")

    throttled, car = life.poll(10)

    assert throttled == Out.throttled(
        Fault("the 2 detailed reads of this day (UTC) are used up", None, "budget", 42600)
    )
    assert isinstance(car.body, Car)
    assert (car.body.state, car.body.seen) == ("online", SEEN + timedelta(minutes=5))
    assert (life.memory.day, life.memory.reads) == (NOON.date(), 2)


def test_the_next_day_has_a_budget_of_its_own() -> None:
    life = Life(replace(CFG, reads_per_day=1))
    life.poll(0, "vehicle_online", "data_charging")
    life.poll(719)
    life.poll(720, "vehicle_online", "data_charging")

    assert life.reads() == [0, 720]


@pytest.mark.parametrize(("reply", "minutes"), [("busy_429", 1), ("busy_429_bare", 5), ("limit_403", 15)])
def test_being_throttled_nothing_is_asked_until_it_is_over(reply: str, minutes: int) -> None:
    life = Life()

    refused = life.poll(0, reply)
    paused = life.poll(minutes - 0.5)
    life.poll(minutes, "vehicle_asleep")

    assert [e.port for e in refused] == ["throttled"]
    assert paused == [Out.throttled(Fault("Tesla asked not to be called for a while", None, "pause", 30.0))]
    assert [minute for minute, _ in life.asked] == [0, minutes]


def test_another_region_is_asked_at_once_and_from_then_on() -> None:
    memory, _ = ask(CFG, Memory(), object(), NOON, token=TOKEN, hint=None)
    memory, again = follow(CFG, memory, replace(recorded("moved_421"), at=NOON, tag="vehicle"))
    _, later = ask(CFG, memory, object(), NOON, token=TOKEN, hint=None)

    assert isinstance(again, Request)
    assert again.url == "https://fleet-api.prd.na.vn.cloud.tesla.com/api/1/vehicles/LRWTEST0000000001"
    assert later == again


def test_two_regions_do_not_send_us_to_and_fro() -> None:
    life = Life()

    emits = life.poll(0, "moved_421", "moved_421")

    assert [e.port for e in emits] == ["failed"]
    assert len(life.asked) == 2


def test_another_address_or_car_in_the_settings_forgets_region_and_readings_but_not_the_budget() -> None:
    life = Life()
    life.poll(0, "moved_421", "vehicle_online", "data_charging")

    memory, request = ask(replace(CFG, url="http://teslaSim.flow"), life.memory, object(), NOON, token=TOKEN, hint=None)

    assert isinstance(request, Request)
    assert request.url.startswith("http://teslaSim.flow/api")
    assert (memory.car, memory.reads) == (None, 1)


def test_an_older_reading_is_fetched_again_once_and_never_published() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_charging")
    memory, stale = life.memory, replace(recorded("data_complete"), at=NOON + timedelta(minutes=5), tag="data")
    memory = replace(memory, car=memory.car and replace(memory.car, seen=SEEN + timedelta(seconds=1)))

    after, again = follow(CFG, memory, stale)
    last, told = follow(CFG, after, replace(stale, tag="data again"))

    assert isinstance(again, Request)
    assert (again.tag, after.reads) == ("data again", 2)
    assert told == [Out.failed(Fault("Tesla sent an older reading than the one before, twice"))]
    assert last.car == memory.car


def test_a_null_neither_unplugs_nor_empties_but_whether_it_charges_is_then_unknown() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_charging")

    [emit] = life.poll(5, "vehicle_online", "data_waking")

    assert isinstance(car := emit.body, Car)
    assert (car.plugged, car.soc, car.soc_usable, car.limit) == (True, 64.0, 62.0, 80.0)
    assert (car.charging, car.power) == (None, None)


@pytest.mark.parametrize(
    ("home", "reply", "at_home"),
    [
        (Place(lat=51.5, lon=-0.12), "data_located", True),
        (Place(lat=52.5, lon=-0.12), "data_located", False),
        (Place(lat=51.5, lon=-0.12), "data_charging", None),
        (None, "data_located", None),
    ],
)
def test_home_is_unknown_unless_set_and_told(home: Place | None, reply: str, at_home: bool | None) -> None:
    [emit] = Life(replace(CFG, home=home)).poll(0, "vehicle_online", reply)

    assert isinstance(emit.body, Car)
    assert emit.body.home is at_home


@pytest.mark.parametrize("home", [None, Place(lat=51.5, lon=-0.12)])
def test_the_location_is_asked_for_only_where_a_home_is_set(home: Place | None) -> None:
    cfg = replace(CFG, home=home)
    memory, _ = ask(cfg, Memory(), object(), NOON, token=TOKEN, hint=None)

    _, request = follow(cfg, memory, replace(recorded("vehicle_online"), at=NOON, tag="vehicle"))

    assert isinstance(request, Request)
    assert request.query["endpoints"].startswith("charge_state;drive_state;vehicle_state;climate_state")
    assert request.query["endpoints"].endswith("location_data") is (home is not None)
    assert request.authorization == Secret("Bearer eyJ-access-1")
