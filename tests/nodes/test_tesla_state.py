import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from wattwire.nodes import Budget, Emit, Fault, Json, Reply, Request, Secret
from wattwire.nodes.car_messages import CarDone
from wattwire.nodes.messages import Car, Charger, Dispatch, House, Plan, Token
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


def asked(cfg: Config, memory: Memory, token: Token | None = TOKEN) -> tuple[Memory, Request | list[Emit]]:
    return ask(cfg, memory, None, None, None, None, NOON, token=token)


class Life:
    """A car that is polled at some minutes: what was asked of Tesla, and what was said to the flow."""

    def __init__(self, cfg: Config = CFG) -> None:
        self.cfg, self.memory, self.asked = cfg, Memory(), list[tuple[float, str]]()

    def poll(
        self, minute: float, vehicle: str = "vehicle_online", *data: str, hint: Plan | None = None, token: Token = TOKEN
    ) -> list[Emit]:
        if hint:  # told of before
            self.memory = replace(self.memory, plan=hint)
        return self.told(minute, None, None, None, vehicle, *data, token=token)

    def told(
        self,
        minute: float,
        hint: Plan | None,
        house: House | None,
        charger: Charger | None,
        *answers: str,
        token: Token = TOKEN,
    ) -> list[Emit]:
        now, replies = NOON + timedelta(minutes=minute), list(answers)
        self.memory, results = ask(self.cfg, self.memory, None, hint, house, charger, now, token=token)
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
    _, request = asked(CFG, Memory(), TOKEN)

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
    _, results = asked(CFG, Memory(), token)

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
                vin=VIN,
                phase="charging",
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
    assert Life().poll(0, "vehicle_asleep")[1] == Out.car(Car(at=NOON, state="asleep", vin=VIN, phase="asleep"))


def test_a_car_that_falls_asleep_between_the_two_questions_is_asleep() -> None:
    assert [e.port for e in Life().poll(0, "vehicle_online", "asleep_408")] == ["asleep", "car"]


def test_a_time_out_is_a_failure_and_changes_nothing_that_is_known() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_charging")
    before = life.memory.car

    emits = life.poll(5, "vehicle_online", "timeout_408")

    assert [e.port for e in emits] == ["silent"]
    assert life.memory.car == before
    assert life.memory.pace.phase == "charging"


def test_a_sleeping_car_is_never_read_in_detail_however_often_it_is_polled() -> None:
    life = Life()
    for minute in range(0, 600, 5):
        life.poll(minute, "vehicle_asleep")

    assert life.reads() == []
    assert len(life.asked) == 120


def test_a_car_that_wakes_for_two_minutes_only_is_not_read() -> None:
    life = Life(replace(CFG, woken=timedelta(minutes=3)))
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

    spent, car = life.poll(10)

    assert spent == Out.spent(Fault("the 2 detailed reads of this day (UTC) are used up", None, "budget", 42600))
    assert isinstance(car.body, Car)
    assert (car.body.state, car.body.seen) == ("online", SEEN + timedelta(minutes=5))
    assert (life.memory.day, life.memory.reads) == (NOON.date(), 2)


def test_the_next_day_has_a_budget_of_its_own() -> None:
    life = Life(replace(CFG, reads_per_day=1))
    life.poll(0, "vehicle_online", "data_charging")
    life.poll(719)
    life.poll(720, "vehicle_online", "data_charging")

    assert life.reads() == [0, 720]


@pytest.mark.parametrize(
    ("reply", "minutes", "port"),
    [
        ("busy_429", 1, "throttled"),
        ("busy_429_bare", 5, "throttled"),
        ("limit_403", 15, "spent"),
        ("locked_423", 10, "forbidden"),
    ],
)
def test_being_throttled_nothing_is_asked_until_it_is_over(reply: str, minutes: int, port: str) -> None:
    life = Life()

    refused = life.poll(0, reply)
    paused = life.poll(minutes - 0.5)
    life.poll(minutes, "vehicle_asleep")

    assert [e.port for e in refused] == [port]
    assert paused == [Out.throttled(Fault("Tesla asked not to be called for a while", None, "pause", 30.0))]
    assert [minute for minute, _ in life.asked] == [0, minutes]


def test_another_region_is_asked_at_once_and_from_then_on() -> None:
    memory, _ = asked(CFG, Memory(), TOKEN)
    memory, again = follow(CFG, memory, replace(recorded("moved_421"), at=NOON, tag="vehicle"))
    _, later = asked(CFG, memory, TOKEN)

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

    memory, request = asked(replace(CFG, url="http://teslaSim.flow"), life.memory)

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
    memory, _ = asked(cfg, Memory(), TOKEN)

    _, request = follow(cfg, memory, replace(recorded("vehicle_online"), at=NOON, tag="vehicle"))

    assert isinstance(request, Request)
    assert request.query["endpoints"].startswith("charge_state;drive_state;vehicle_state;climate_state")
    assert request.query["endpoints"].endswith("location_data") is (home is not None)
    assert request.authorization == Secret("Bearer eyJ-access-1")


def test_a_detailed_read_is_priced_and_the_cheap_one_is_free() -> None:
    memory, cheap = asked(CFG, Memory())
    _, dear = follow(CFG, memory, replace(recorded("vehicle_online"), at=NOON, tag="vehicle"))

    assert isinstance(cheap, Request)
    assert isinstance(dear, Request)
    assert cheap.budgets == ()
    assert dear.budgets == (
        Budget(name="tesla data", most=60, per=timedelta(minutes=1)),
        Budget(name="tesla spend", most=8.0, per="month", cost=1 / 650),
    )


def test_with_the_month_s_money_spent_the_free_call_goes_on_and_the_last_values_are_told() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_charging")
    memory, _ = follow(CFG, life.memory, replace(recorded("vehicle_online"), at=NOON + timedelta(minutes=5)))

    refusal = Reply(0, spent="tesla spend", why="all spent", at=NOON + timedelta(minutes=5), tag="data")
    life.memory, emits = follow(CFG, memory, refusal)

    assert isinstance(emits, list)
    assert [e.port for e in emits] == ["spent", "car"]
    assert isinstance(emits[1].body, Car)
    assert (emits[1].body.state, emits[1].body.soc, emits[1].body.seen) == ("online", 64.0, SEEN)
    assert life.memory.reads == 1  # the second was not made
    assert [e.port for e in life.poll(6, "vehicle_asleep")] == ["asleep", "car"]


@pytest.mark.parametrize("bare", ["timeout_408", "gateway_504"])
def test_a_car_that_does_not_answer_may_be_falling_asleep_and_gets_a_whole_new_window(bare: str) -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_stopped")
    for minute in range(1, 44):
        life.poll(minute, "vehicle_online", bare)

    assert life.reads() == [0, 21, 42]


@pytest.mark.parametrize(("minutes", "again"), [(5, [0, 4, 5, 11, 15, 19]), (16, [0, 4, 5, 23])])
def test_a_garage_without_radio_does_not_end_the_watch_unless_it_lasts(minutes: int, again: list[int]) -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_driving")
    life.poll(4, "vehicle_online", "data_unplugged")
    life.poll(5, "vehicle_online", "data_unplugged")
    for minute in range(6, 6 + minutes):
        life.poll(minute, "vehicle_offline")
    for minute in range(6 + minutes, 24):
        life.poll(minute, "vehicle_online", "data_unplugged")

    assert life.reads() == again


def blocked(life: Life, minutes: range, **vehicle: Json) -> None:
    """Somebody or something keeps it awake in these minutes."""
    for minute in minutes:
        now = NOON + timedelta(minutes=minute)
        memory, _ = ask(life.cfg, life.memory, None, None, None, None, now, token=TOKEN)
        life.memory, results = follow(CFG, memory, replace(recorded("vehicle_online"), at=now, tag="vehicle"))
        if isinstance(results, Request):
            life.asked.append((minute, "data"))
            reply = fresh(recorded("data_stopped"), now)
            car: dict[str, Any] = reply.json["response"]  # type: ignore[assignment,call-overload,index]
            body: Json = {"response": {**car, "vehicle_state": {**vehicle}}}
            life.memory, _ = follow(CFG, life.memory, replace(reply, json=body, at=now, tag="data"))


def test_a_sentry_is_read_ever_less_often_as_the_car_will_not_sleep_anyway() -> None:
    life = Life()
    blocked(life, range(120), sentry_mode=True)

    assert life.reads() == [0, 4, 8, 12, 16, 20, 28, 44, 60, 76, 92, 108]


def test_a_car_is_left_alone_as_soon_as_nothing_keeps_it_awake() -> None:
    life = Life()
    blocked(life, range(9), is_user_present=True)
    blocked(life, range(9, 40))

    assert life.reads() == [0, 4, 8, 12, 33]


def test_a_dispatch_that_begins_earns_one_look_at_once() -> None:
    life, plan = Life(), dispatching(5, 60)
    life.poll(0, "vehicle_online", "data_stopped")
    for minute in range(1, 20):
        life.told(minute, plan, None, None, "vehicle_asleep")

    assert life.asked == [(0, "vehicle"), (0, "data"), (5, "vehicle")]


def test_a_plan_without_a_dispatch_under_way_asks_nothing_even_without_a_token() -> None:
    memory, results = ask(CFG, Memory(), None, dispatching(5, 60), None, None, NOON, token=None)

    assert results == []
    assert memory.plan == dispatching(5, 60)


def seen_at_the_plug(**seen: Any) -> Charger:
    return Charger(at=NOON, **seen)


@pytest.mark.parametrize(
    ("before", "after", "looks"),
    [
        ({"plugged": False}, {"plugged": True}, True),
        ({"plugged": True}, {"plugged": False}, True),
        ({"plugged": None}, {"plugged": True}, False),  # the first thing ever seen is no change
        ({"plugged": True, "power": 0.0}, {"plugged": True, "power": 7200.0}, True),
        ({"plugged": True, "power": 7200.0}, {"plugged": True, "power": 0.0}, True),
        ({"plugged": True, "power": 7200.0}, {"plugged": True, "power": 6900.0}, False),
        ({"plugged": True, "power": 0.0}, {"plugged": True, "power": 40.0}, False),
    ],
)
def test_what_the_charger_sees_earns_one_look_at_once(
    before: dict[str, Any], after: dict[str, Any], looks: bool
) -> None:
    life = Life()
    life.told(0, None, None, seen_at_the_plug(**before), "vehicle_asleep")
    for minute in (1, 2, 3):
        life.told(minute, None, None, seen_at_the_plug(**after), "vehicle_asleep")

    assert life.asked == ([(1, "vehicle")] if looks else [])


@pytest.mark.parametrize(
    ("before", "after", "looks"),
    [
        ({"load": 400.0}, {"load": 7600.0}, True),
        ({"load": 7600.0}, {"load": 400.0}, True),
        ({"load": 400.0}, {"load": 2600.0}, False),  # a kettle
        ({"load": None}, {"load": 7600.0}, False),
        ({"load": 400.0, "ev": 0.0}, {"load": 7600.0, "ev": 0.0}, False),  # the car's own meter knows better
        ({"load": 400.0, "ev": 0.0}, {"load": 2600.0, "ev": 2200.0}, True),
    ],
)
def test_a_step_of_load_earns_one_look_at_once(before: dict[str, Any], after: dict[str, Any], looks: bool) -> None:
    life = Life()
    life.told(0, None, House(at=NOON, **before), None, "vehicle_asleep")
    for minute in (1, 2, 3):
        life.told(minute, None, House(at=NOON, **after), None, "vehicle_asleep")

    assert life.asked == ([(1, "vehicle")] if looks else [])


def test_a_hint_is_worth_one_detailed_read_of_a_car_that_is_left_alone_and_no_more() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_stopped")
    life.told(4, None, None, seen_at_the_plug(plugged=True))
    life.told(5, None, None, seen_at_the_plug(plugged=False), "vehicle_online", "data_unplugged")
    for minute in range(6, 28):
        life.poll(minute, "vehicle_online", "data_unplugged")

    assert life.reads() == [0, 5, 26]


def flickering(life: Life, **given: tuple[float, float]) -> None:
    """Something goes on and off every minute for an hour, beside a car that is awake and does not charge."""
    life.poll(0, "vehicle_online", "data_stopped")
    for minute in range(1, 61):
        told: dict[str, Any] = {name: values[minute % 2] for name, values in given.items()}
        house = House(at=NOON, **told)
        life.told(minute, None, house, None, "vehicle_online", "data_stopped")


def test_an_oven_does_not_keep_the_car_awake() -> None:
    life = Life()
    flickering(life, load=(400.0, 3600.0))

    assert life.reads() == [0, 2, 23, 44]  # as if it were left alone


def test_a_charger_that_goes_on_and_off_is_not_followed_each_time() -> None:
    life = Life()
    flickering(life, ev=(0.0, 1400.0))

    assert life.reads() == [0, *range(2, 61, 4)]


def test_a_radio_that_comes_and_goes_is_no_reason_to_read() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_stopped")
    for minute in range(1, 21):
        life.poll(minute, "vehicle_offline" if minute % 3 == 0 else "vehicle_online", "data_stopped")

    assert life.reads() == [0]


def test_a_parked_car_that_does_not_answer_is_not_asked_for_ever() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_driving")
    life.poll(4, "vehicle_online", "data_unplugged")
    for minute in range(5, 60):
        life.poll(minute, "vehicle_online", "timeout_408")

    assert life.reads() == [0, 4, 5, 9, 13, 17, 21, 42]


def test_a_car_that_wakes_to_charge_is_read_at_once_after_the_hint() -> None:
    life = Life()
    life.poll(0, "vehicle_asleep")
    life.told(9, None, None, seen_at_the_plug(power=0.0))
    life.told(10, None, None, seen_at_the_plug(power=7000.0), "vehicle_asleep")  # not yet
    life.poll(11, "vehicle_online", "data_charging")

    assert life.reads() == [11]


def test_a_command_that_was_done_is_worth_a_read_of_a_car_that_is_left_alone() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_stopped")
    life.poll(3)
    now = NOON + timedelta(minutes=4)
    life.memory, cheap = ask(CFG, life.memory, None, None, None, None, now, CarDone(at=now, do="start"), token=TOKEN)
    _, dear = follow(CFG, life.memory, replace(recorded("vehicle_online"), at=now, tag="vehicle"))

    assert isinstance(cheap, Request)
    assert isinstance(dear, Request)
    assert (cheap.tag, dear.tag) == ("vehicle", "data")


def test_each_reading_teaches_how_far_the_two_levels_are_apart() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_charging")  # 64 and 62
    body: Json = {"response": {"state": "online", "charge_state": {"charging_state": "Charging", "battery_level": 70}}}

    _, emits = follow(CFG, life.memory, Reply(200, body, at=NOON + timedelta(minutes=5), tag="data"))

    assert isinstance(emits, list)
    assert isinstance(car := emits[0].body, Car)
    assert (car.soc, car.soc_usable, car.reckoned) == (70.0, 68.0, ("soc_usable",))


def test_a_clock_that_was_a_day_ahead_neither_pauses_nor_blinds_it() -> None:
    life = Life()
    life.poll(0, "vehicle_online", "data_charging")
    later = NOON + timedelta(days=3)
    pace = replace(life.memory.pace, read=later, since=later)
    life.memory = replace(life.memory, quiet=later, pace=pace)
    life.poll(1, "vehicle_online", "data_charging")

    assert life.reads() == [0, 1]


def test_a_pause_of_a_week_is_one_of_a_day() -> None:
    memory, _ = asked(CFG, Memory())
    memory, _ = follow(CFG, memory, Reply(429, headers={"retry-after": "604800"}, at=NOON, tag="vehicle"))

    assert memory.quiet == NOON + timedelta(days=1)
