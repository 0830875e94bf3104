"""What teslaState asks of Tesla, what it tells of the car, and what it may cost."""

from dataclasses import replace
from datetime import timedelta

import pytest
from state_life import CFG, NOON, SEEN, TOKEN, VIN, Life, recorded

from wattwire.nodes import Budget, Emit, Fault, Json, Reply, Request, Secret
from wattwire.nodes.messages import Car, Token
from wattwire.nodes.tesla_course import follow
from wattwire.nodes.tesla_memory import Memory
from wattwire.nodes.tesla_place import Place
from wattwire.nodes.tesla_state import Config, Out, ask


def asked(cfg: Config, memory: Memory, token: Token | None = TOKEN) -> tuple[Memory, Request | list[Emit]]:
    return ask(cfg, memory, None, None, None, None, NOON, token=token)


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
