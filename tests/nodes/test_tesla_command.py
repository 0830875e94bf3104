"""A command to the car, told as what teslaCommand sends and says, second by second."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wattwire.nodes import Emit, Fault, Json, Reply, Request, Secret
from wattwire.nodes.car_messages import CarCommand, CarDone, Needed, Schedule
from wattwire.nodes.messages import Car, Charger, House, Token
from wattwire.nodes.tesla_command import Config, ask
from wattwire.nodes.tesla_errand import follow
from wattwire.nodes.tesla_pending import Memory

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CFG = Config(vin="LRWTEST0000000001", url="https://proxy:4443/")
CAR = "https://proxy:4443/api/1/vehicles/LRWTEST0000000001"
YES: Json = {"response": {"result": True, "reason": ""}}
ASLEEP: Json = {
    "response": None,
    "error": "vehicle unavailable: vehicle is offline or asleep",
    "error_description": "",
}


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def no(reason: str) -> Json:
    return {"response": {"result": False, "reason": reason}}


def reading(**charge: Json) -> Json:
    return {"response": {"state": "online", "charge_state": charge}}


def wish(do: Any, at: float = 0, **rest: Any) -> CarCommand:
    return CarCommand(at=after(at), do=do, **rest)


class Life:
    """teslaCommand, lived through in seconds after noon."""

    def __init__(self, cfg: Config = CFG) -> None:
        self.cfg, self.memory = cfg, Memory()
        self.token: Token | None = Token(Secret("t"), after(86400))
        self.car: Car | None = None
        self.house: House | None = None
        self.charger: Charger | None = None

    def _settled(self, results: list[Emit | Request]) -> list[Any]:
        return [r if isinstance(r, Request) else (r.port, r.body) for r in results]

    def _call(self, now: float, command: CarCommand | None = None, again: object = None) -> list[Any]:
        self.memory, results = ask(
            self.cfg, self.memory, command, again, self.car, after(now),
            token=self.token, house=self.house, charger=self.charger,
        )  # fmt: skip
        return self._settled(results)

    def want(self, command: CarCommand, now: float | None = None) -> list[Any]:
        return self._call((command.at - NOON).total_seconds() if now is None else now, command)

    def again(self, now: float) -> list[Any]:
        return self._call(now, again={})

    def news(self, now: float, **known: Any) -> list[Any]:
        self.car = Car(at=after(now), **{"seen": after(now), "state": "online", **known})
        return self._call(now)

    def reply(self, now: float, status: int, body: Json = None, **rest: Any) -> list[Any]:
        self.memory, results = follow(self.cfg, self.memory, Reply(status, body, at=after(now), **rest))
        return self._settled(results)

    def ports(self, results: list[Any]) -> list[str]:
        return [r[0] for r in results if not isinstance(r, Request)]


def asked(results: list[Any]) -> list[tuple[str, str, Any]]:
    return [(r.method, r.url.removeprefix(CAR), r.json) for r in results if isinstance(r, Request)]


@pytest.mark.parametrize(
    ("command", "name", "body"),
    [
        (wish("start"), "charge_start", {}),
        (wish("stop"), "charge_stop", {}),
        (wish("limit", value=80), "set_charge_limit", {"percent": 80}),
        (wish("amps", value=16.0), "set_charging_amps", {"charging_amps": 16}),
        (wish("unschedule", id=1769900000), "remove_charge_schedule", {"id": 1769900000}),
        (
            wish("schedule", schedule=Schedule(lat=51.5, lon=-0.1, start="00:00", end="05:30", days="Weekdays")),
            "add_charge_schedule",
            {
                "id": 1795262400,
                "days_of_week": "Weekdays",
                "enabled": True,
                "lat": 51.5,
                "lon": -0.1,
                "start_enabled": True,
                "start_time": 0,
                "end_enabled": True,
                "end_time": 330,
                "one_time": False,
            },
        ),
    ],
)
def test_a_command_is_posted_to_the_proxy_as_it_wants_it(command: CarCommand, name: str, body: dict[str, Any]) -> None:
    life = Life()

    assert asked(life.want(command)) == [("POST", f"/command/{name}", body)]


def test_a_call_costs_a_command_and_a_look_a_reading() -> None:
    life = Life()
    (command,) = life.want(wish("start"))
    life.reply(1, 200, YES)
    (look,) = life.again(9)

    assert [(b.name, round(b.cost, 5)) for b in command.budgets] == [("tesla command", 1.0), ("tesla spend", 0.00077)]
    assert [(b.name, round(b.cost, 5)) for b in look.budgets] == [("tesla data", 1.0), ("tesla spend", 0.00154)]
    assert {b.most for r in (command, look) for b in r.budgets if b.per == "month"} == {8.0}


def test_only_what_a_look_at_the_car_shows_is_done() -> None:
    life = Life()
    life.want(wish("start", reason="cheap", owner="me"))

    assert life.reply(1, 200, YES) == [("taken", wish("start", reason="cheap", owner="me"))]
    (look,) = life.again(9)
    assert (look.method, look.url, look.query) == ("GET", f"{CAR}/vehicle_data", {"endpoints": "charge_state"})
    done = CarDone(at=after(10), do="start", why="it charges", reason="cheap", owner="me")
    assert life.reply(10, 200, reading(charging_state="Starting")) == [("done", done)]
    assert life.again(60) == []


def test_what_the_car_does_not_show_is_ineffective_and_sent_again_but_not_for_ever() -> None:
    life = Life()
    told = Fault("Tesla took start, but it does not charge", code="ineffective")
    for start in (0, 100, 200):
        sent = life.want(wish("start")) if not start else life.again(start)
        assert asked(sent) == [("POST", "/command/charge_start", {})]
        life.reply(start + 1, 200, YES)
        life.again(start + 9)
        assert life.reply(start + 10, 200, reading(charging_state="Stopped")) == [("ineffective", told)]

    assert life.again(300) == [("lapsed", Fault("start: given up after 3 tries"))]
    assert life.again(400) == []


def test_a_wish_that_is_to_be_sent_once_is_not_sent_again_when_somebody_undid_it() -> None:
    life = Life()
    life.want(wish("stop", once=True))
    life.reply(1, 200, YES)
    life.again(9)

    assert life.ports(life.reply(10, 200, reading(charging_state="Charging"))) == ["ineffective"]
    assert life.again(40) == []


@pytest.mark.parametrize(
    ("command", "charge", "port"),
    [
        (wish("start"), {"charging_state": "Charging"}, "done"),
        (wish("start"), {"charging_state": "Complete"}, "full"),
        (wish("start"), {"charging_state": "Disconnected"}, "unplugged"),
        (wish("start"), {"charging_state": "NoPower"}, "ineffective"),
        (wish("start"), {"charging_state": None}, "unknown"),
        (wish("stop"), {"charging_state": "Stopped"}, "done"),
        (wish("stop"), {"charging_state": "Disconnected"}, "done"),
        (wish("stop"), {"charging_state": "Charging"}, "ineffective"),
        (wish("stop"), {}, "unknown"),
        (wish("limit", value=80), {"charge_limit_soc": 80}, "done"),
        (wish("limit", value=80), {"charge_limit_soc": 90}, "ineffective"),
        (wish("limit", value=80), {}, "unknown"),
        (wish("amps", value=16), {"charge_current_request": 16}, "done"),
        (wish("amps", value=16), {"charge_amps": 16}, "done"),
        (wish("amps", value=16), {"charge_current_request": 32}, "ineffective"),
        (wish("amps", value=1), {"charge_current_request": 2}, "done"),  # below 5 A many cars take one of their own
        (wish("amps", value=16), {}, "unknown"),
    ],
)
def test_what_a_look_says_of_a_command(command: CarCommand, charge: dict[str, Json], port: str) -> None:
    life = Life()
    life.want(command)
    life.reply(1, 200, YES)
    life.again(9)

    assert life.ports(life.reply(10, 200, reading(**charge))) == [port]


@pytest.mark.parametrize(
    ("do", "known", "port"),
    [
        ("schedule", [{"id": 7}], "done"),
        ("schedule", [], "ineffective"),
        ("unschedule", [], "done"),
        ("unschedule", [{"id": 7}], "ineffective"),
        ("unschedule", None, "unknown"),
    ],
)
def test_a_schedule_is_looked_for_in_the_cars_own_list(do: str, known: Json, port: str) -> None:
    life = Life()
    life.want(wish(do, id=7, schedule=Schedule(lat=51.5, lon=-0.1, start="00:30")))
    life.reply(1, 200, YES)
    (look,) = life.again(9)
    block: Json = {} if known is None else {"charge_schedules": known}
    body: Json = {"response": {"state": "online", "charge_state": {}, "charge_schedule_data": block}}

    assert look.query == {"endpoints": "charge_state;charge_schedule_data"}
    assert life.ports(life.reply(10, 200, body)) == [port]


def test_a_newer_reading_of_the_car_saves_the_look() -> None:
    life = Life()
    life.want(wish("stop"))
    life.reply(1, 200, YES)

    assert life.ports(life.news(4, charging=True)) == []  # it may take some seconds
    assert life.ports(life.news(6, charging=False)) == ["done"]
    assert life.again(9) == []


def test_a_look_that_comes_too_early_is_not_made() -> None:
    life = Life()
    life.want(wish("stop"))
    life.reply(1, 200, YES)

    assert life.again(3) == []
    assert len(life.again(5)) == 1


@pytest.mark.parametrize(
    ("command", "known"),
    [
        (wish("start", at=30), {"charging": True}),
        (wish("stop", at=30), {"charging": False}),
        (wish("limit", at=30, value=80), {"limit": 80.0}),
    ],
)
def test_what_is_so_already_is_not_asked_for(command: CarCommand, known: dict[str, Any]) -> None:
    life = Life()
    life.news(0, **known)

    assert life.ports(results := life.want(command)) == ["done"]
    assert asked(results) == []


def test_an_old_reading_shows_nothing_nor_one_from_before_the_last_command() -> None:
    old, told = Life(), Life()
    old.news(0, charging=False)
    told.news(0, charging=False)
    told.want(wish("start", at=10))
    told.reply(11, 200, YES)

    assert asked(old.want(wish("stop", at=61))) == [("POST", "/command/charge_stop", {})]
    assert asked(told.want(wish("stop", at=12))) == [("POST", "/command/charge_stop", {})]


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


@pytest.mark.parametrize(
    ("status", "body", "port"),
    [
        (401, None, "unauthorised"),
        (401, {"error": "mobile_access_disabled"}, "forbidden"),
        (402, {"error": "payment_required"}, "forbidden"),
        (403, {"error": "Unauthorized missing scopes"}, "forbidden"),
        (403, {"error": "account disabled: EXCEEDED_LIMIT"}, "spent"),
        (404, {"error": "not_found"}, "forbidden"),
        (405, {"error": "vehicle is currently in service"}, "failed"),
        (408, {"error": "timeout"}, "failed"),
        (412, {"error": "Account 1 must be registered in the current region"}, "forbidden"),
        (421, {"error": "user out of region"}, "failed"),
        (423, None, "forbidden"),
        (429, {"error": "too many requests"}, "throttled"),
        (503, None, "failed"),
        (540, None, "unknown"),
        (0, None, "unknown"),
        (200, {"response": {"result": True}}, "taken"),
        (200, {"ok": 1}, "unknown"),
        (200, no("car could not execute command: complete"), "full"),
        (200, no("car could not execute command: no_power"), "powerless"),
        (400, no("missing percent param"), "refused"),
        (400, {"response": None, "error": "invalid_command"}, "refused"),
        (500, {"error": "vehicle rejected request: your public key has not been paired with the vehicle"}, "forbidden"),
        (500, {"error": "vehicle busy or finishing wake-up"}, "busy"),
        (408, ASLEEP, "asleep"),
    ],
)
def test_every_answer_of_teslas_leaves_by_the_port_that_says_what_to_do(status: int, body: Json, port: str) -> None:
    life = Life()
    life.want(wish("start"))

    assert life.ports(life.reply(1, status, body)) == [port]


def test_a_budget_of_ours_that_is_spent_is_an_outcome_of_its_own() -> None:
    life = Life()
    life.want(wish("start"))
    spent = life.reply(1, 0, spent="tesla spend", why="8 pounds are spent", headers={"retry-after": "37"})

    assert spent == [("spent", Fault("8 pounds are spent", None, "tesla spend", 37.0))]


def test_being_throttled_it_says_so_itself_until_the_time_is_over() -> None:
    life = Life()
    life.want(wish("start"))
    life.reply(1, 429, {"error": "too many requests"}, headers={"retry-after": "60"})

    assert life.ports(life.again(30)) == ["throttled"]
    assert asked(life.again(61)) == [("POST", "/command/charge_start", {})]


def test_without_a_token_nothing_is_sent_and_with_one_it_is() -> None:
    life = Life()
    token, life.token = life.token, None
    assert life.ports(life.want(wish("start"))) == ["unauthorised"]
    life.token = token

    assert asked(life.again(5)) == [("POST", "/command/charge_start", {})]


@pytest.mark.parametrize("unsure", [{"status": 504}, {"status": 0, "unknown": True}])
def test_where_it_is_not_known_whether_the_car_got_it_a_look_comes_before_anything_is_repeated(
    unsure: dict[str, Any],
) -> None:
    life = Life()
    life.want(wish("start"))

    assert life.ports(life.reply(10, **unsure)) == ["unknown"]
    assert [a[:2] for a in asked(life.again(20))] == [("GET", "/vehicle_data")]
    assert life.ports(life.reply(21, 200, reading(charging_state="Charging"))) == ["done"]


def test_after_a_look_that_shows_nothing_happened_it_is_sent_again() -> None:
    life = Life()
    life.want(wish("start"))
    life.reply(10, 504)
    life.again(20)

    assert life.ports(life.reply(21, 200, reading(charging_state="Stopped"))) == ["ineffective"]
    assert asked(life.again(50)) == [("POST", "/command/charge_start", {})]


@pytest.mark.parametrize(
    ("status", "body", "port"),
    [
        (504, None, "unknown"),
        (408, {"error": "timeout"}, "unknown"),
        (429, None, "throttled"),
        (401, None, "unauthorised"),
        (0, None, "unknown"),
    ],
)
def test_a_look_that_fails_leaves_the_command_to_be_looked_at(status: int, body: Json, port: str) -> None:
    life = Life()
    life.want(wish("start"))
    life.reply(1, 200, YES)
    life.again(9)

    assert life.ports(life.reply(10, status, body)) == [port]
    assert [a[:2] for a in asked(life.again(400))] == [("GET", "/vehicle_data")]


def test_a_process_that_died_over_a_look_looks_again() -> None:
    life = Life()
    life.want(wish("start"))
    life.reply(1, 200, YES)
    life.again(9)

    assert life.ports(life.reply(12, 0, unknown=True)) == ["unknown"]
    assert [a[:2] for a in asked(life.again(20))] == [("GET", "/vehicle_data")]


def test_a_car_that_fell_asleep_before_the_look_has_surely_stopped_and_surely_not_started() -> None:
    for do, port in (("stop", "done"), ("start", "asleep")):
        life = Life()
        life.want(wish(do))
        life.reply(1, 200, YES)
        life.again(9)

        assert life.ports(life.reply(10, 408, ASLEEP)) == [port]


def test_unplugged_it_waits_for_the_cable_and_starts_by_itself() -> None:
    life = Life()
    life.want(wish("start"))
    life.reply(1, 200, no("disconnected"))

    assert life.again(60) == []
    assert life.news(100, plugged=False, charging=False) == []
    assert asked(life.news(200, plugged=True, charging=False)) == [("POST", "/command/charge_start", {})]


@pytest.mark.parametrize(("until", "now"), [(None, 3601), (600, 601)])
def test_what_could_not_be_done_in_its_time_is_not_done_later(until: float | None, now: float) -> None:
    life = Life()
    life.want(wish("start", until=after(until) if until else None))
    life.reply(1, 200, no("disconnected"))

    assert life.ports(life.news(now, plugged=True, charging=False)) == ["lapsed"]
    assert life.again(now + 1) == []


@pytest.mark.parametrize(
    "command",
    [
        wish("limit", value=49),
        wish("limit", value=101),
        wish("limit", value=80.5),
        wish("limit"),
        wish("amps", value=-1),
        wish("amps"),
        wish("unschedule"),
        wish("schedule"),
        wish("schedule", schedule=Schedule(lat=0, lon=0)),
        wish("schedule", schedule=Schedule(lat=0, lon=0, start="24:00")),
        wish("schedule", schedule=Schedule(lat=0, lon=0, start="00:30", days="Tue")),  # the proxy says Tues
    ],
)
def test_what_tesla_would_ignore_in_silence_is_refused_here(command: CarCommand) -> None:
    life = Life()

    assert life.ports(results := life.want(command)) == ["refused"]
    assert asked(results) == []


def test_what_the_limit_was_is_told_to_whoever_wants_to_put_it_back() -> None:
    life = Life()
    life.news(0, limit=90.0)
    life.want(wish("limit", at=70, value=80))
    life.reply(71, 200, YES)
    life.again(79)
    ((_, done),) = life.reply(80, 200, reading(charge_limit_soc=80))

    assert (done.value, done.before) == (80, 90)


def test_the_same_message_twice_is_sent_once() -> None:
    life = Life()
    life.want(wish("start"))
    life.reply(1, 200, YES)

    assert life.want(wish("start"), now=3) == []


def test_of_two_things_that_wait_both_are_sent_in_one_round() -> None:
    life = Life()
    life.want(wish("amps", value=16))
    life.reply(1, 503)
    life.want(wish("start", at=2))
    life.reply(3, 503)

    first = asked(life.again(20))
    second = life.reply(21, 200, YES)

    assert [name for _, name, _ in first + asked(second)] == ["/command/set_charging_amps", "/command/charge_start"]


def test_a_car_that_is_asleep_for_one_is_asleep_for_all_of_the_round() -> None:
    life = Life()
    life.want(wish("amps", value=16))
    life.reply(1, 503)
    life.want(wish("start", at=2))
    life.reply(3, 503)
    life.again(20)

    assert life.ports(life.reply(21, 500, ASLEEP)) == ["asleep", "asleep"]


def test_what_it_knows_outlives_a_restart() -> None:
    life = Life()
    life.want(wish("start"))
    life.reply(1, 200, YES)
    life.memory = replace(
        Memory(), **{n: getattr(life.memory, n) for n in ("wanted", "newest", "sent", "asking", "quiet")}
    )

    assert [a[:2] for a in asked(life.again(20))] == [("GET", "/vehicle_data")]
