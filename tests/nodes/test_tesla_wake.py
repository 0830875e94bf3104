"""Waking a car, told second by second."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args, get_type_hints

import pytest

from wattwire.nodes import Emit, Fault, Json, Reply, Request, Secret
from wattwire.nodes.car_messages import CarCommand, Holiday, Needed, Woken
from wattwire.nodes.messages import Token
from wattwire.nodes.tesla_wake import NODE, Config, ask
from wattwire.nodes.tesla_waking import Memory, follow

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CFG = Config(vin="LRWTEST0000000001", url="https://tesla")
ASLEEP: Json = {"response": {"vin": "LRWTEST0000000001", "state": "asleep"}}
ONLINE: Json = {"response": {"vin": "LRWTEST0000000001", "state": "online"}}


def after(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def need(do: Any = "start", at: float = 0, **rest: Any) -> Needed:
    return Needed(at=after(at), do=do, why=f"the car is asleep, and {do} is wanted", **rest)


class Life:
    """teslaWake, lived through in seconds after noon."""

    def __init__(self, cfg: Config = CFG) -> None:
        self.cfg, self.memory = cfg, Memory()
        self.token: Token | None = Token(Secret("t"), after(10 * 86400))
        self.holiday: Holiday | None = None

    def _call(self, now: float, need: Needed | None, look: object) -> list[Any]:
        self.memory, result = ask(self.cfg, self.memory, need, look, after(now), token=self.token, holiday=self.holiday)
        return self._told(result)

    def _told(self, result: Request | list[Emit] | None) -> list[Any]:
        results = result if isinstance(result, list) else [] if result is None else [result]
        return [f"{r.method} {r.url}" if isinstance(r, Request) else (r.port, r.body) for r in results]

    def need(self, wanted: Needed, now: float | None = None) -> list[Any]:
        return self._call((wanted.at - NOON).total_seconds() if now is None else now, wanted, None)

    def look(self, now: float) -> list[Any]:
        return self._call(now, None, {})

    def reply(self, now: float, status: int, body: Json = None, **rest: Any) -> list[Any]:
        self.memory, result = follow(self.cfg, self.memory, Reply(status, body, at=after(now), **rest))
        return self._told(result)


def ports(results: list[Any]) -> list[str]:
    return [port for port, _ in results]


WAKE = "POST https://tesla/api/1/vehicles/LRWTEST0000000001/wake_up"
LOOK = "GET https://tesla/api/1/vehicles/LRWTEST0000000001"


def test_one_call_then_questions_that_leave_the_car_alone_until_it_is_up() -> None:
    life = Life()

    assert life.need(need(reason="cheap", owner="me")) == [WAKE]
    assert ports(life.reply(2, 200, ASLEEP)) == ["woken", "waking"]  # a yes may still say asleep
    assert life.look(7) == [LOOK]
    assert ports(life.reply(8, 200, ASLEEP)) == ["waking"]
    assert life.look(20) == [LOOK]
    assert life.reply(21, 200, ONLINE) == [("awake", CarCommand(at=NOON, do="start", reason="cheap", owner="me"))]
    assert life.look(30) == []


def test_a_wake_is_told_with_its_reason_and_its_number() -> None:
    life = Life()
    for at in (0, 1000):
        life.need(need(at=at))
        told = life.reply(at + 2, 200, ONLINE)

    why = "the car is asleep, and start is wanted"
    assert told[0] == ("woken", Woken(at=after(1002), count=2, why=why, reasons=(why, why)))


def test_the_count_begins_anew_with_the_day() -> None:
    life = Life()
    for at in (0, 86400):
        life.need(need(at=at))
        told = life.reply(at + 2, 200, ONLINE)

    assert told[0][1].count == 1


def test_it_costs_a_wake_of_the_day_and_of_the_minute_and_a_65th_of_a_pound() -> None:
    _, request = ask(CFG, Memory(), need(), None, NOON, token=Life().token, holiday=None)

    assert isinstance(request, Request)
    assert [(b.name, b.most, b.per, round(b.cost, 4)) for b in request.budgets] == [
        ("tesla wakes 000001", 6, "day", 1),
        ("tesla wake", 3, timedelta(minutes=1), 1),
        ("tesla spend", 8, "month", 0.0154),
    ]


def test_to_look_is_free() -> None:
    life = Life()
    life.need(need())
    life.reply(2, 200, ASLEEP)
    _, request = ask(CFG, life.memory, None, {}, after(7), token=life.token, holiday=None)

    assert isinstance(request, Request)
    assert request.budgets == ()


def test_several_needs_share_one_call_and_the_start_comes_back_for_all() -> None:
    life = Life()
    life.need(need("limit", value=80))
    life.reply(2, 200, ASLEEP)

    assert life.need(need("start", at=3)) == []
    assert life.need(need("amps", at=4, value=16)) == []
    life.look(10)
    ((port, command),) = life.reply(11, 200, ONLINE)
    assert (port, command.do) == ("awake", "start")


@pytest.mark.parametrize(
    "answer",
    [
        {"status": 200, "body": ASLEEP},
        {"status": 408, "body": {"error": "vehicle unavailable: vehicle is offline or asleep"}},
        {"status": 408, "body": {"error": "timeout"}},
        {"status": 504},
        {"status": 500},
        {"status": 0},
        {"status": 0, "unknown": True},
    ],
)
def test_whatever_the_answer_the_call_is_made_once_and_then_looked_after(answer: dict[str, Any]) -> None:
    life = Life()
    life.need(need())

    assert ports(life.reply(2, **answer)) == ["woken", "waking"]
    assert life.look(9) == [LOOK]


def test_a_car_that_does_not_wake_is_given_up_after_90_s() -> None:
    life = Life()
    life.need(need())
    life.reply(2, 200, ASLEEP)
    life.look(80)
    assert ports(life.reply(81, 200, ASLEEP)) == ["waking"]
    life.look(92)
    ((port, fault),) = life.reply(93, 200, ASLEEP)

    assert port == "failed"
    assert fault.why == "the car did not wake within 90 s: the car is asleep, and start is wanted"
    assert life.look(100) == []


def test_a_spent_budget_ends_it_and_says_for_what() -> None:
    life = Life()
    life.need(need())
    told = life.reply(1, 0, spent="tesla wakes 000001", why="6 of 6 a day", headers={"retry-after": "900"})

    why = "the car is not woken for the car is asleep, and start is wanted: 6 of 6 a day"
    assert told == [("spent", Fault(why, None, "budget", 900.0))]
    assert life.look(60) == []


def test_three_in_a_minute_only_make_it_wait() -> None:
    life = Life()
    life.need(need())

    assert ports(life.reply(1, 0, spent="tesla wake", headers={"retry-after": "37"})) == ["throttled"]
    assert life.look(38) == [WAKE]


@pytest.mark.parametrize(
    ("status", "body", "port"),
    [
        (401, None, "unauthorised"),
        (402, None, "failed"),
        (403, {"error": "Unauthorized missing scopes"}, "failed"),
        (403, {"error": "account disabled: EXCEEDED_LIMIT"}, "spent"),
        (404, None, "failed"),
        (405, None, "failed"),
        (421, {"error": "user out of region"}, "failed"),
        (422, None, "failed"),
        (423, None, "failed"),
        (429, None, "throttled"),
    ],
)
def test_an_answer_by_which_the_car_was_surely_not_called_is_not_counted(status: int, body: Json, port: str) -> None:
    life = Life()
    life.need(need())

    assert ports(life.reply(1, status, body)) == [port]
    assert life.memory.count == 0


def moved(region: str) -> Json:
    return {"error": f"user out of region, use base URL: https://fleet-api.prd.{region}.vn.cloud.tesla.com, see"}


def test_another_region_is_asked_at_once_and_remembered_and_two_do_not_send_us_to_and_fro() -> None:
    life = Life()
    life.need(need())
    base = "https://fleet-api.prd.na.vn.cloud.tesla.com/api/1/vehicles/LRWTEST0000000001"

    assert life.reply(1, 421, moved("na")) == [f"POST {base}/wake_up"]
    assert ports(life.reply(2, 200, ASLEEP)) == ["woken", "waking"]
    assert life.look(7) == [f"GET {base}"]
    life.reply(8, 200, ONLINE)
    assert life.need(need(at=100)) == [f"POST {base}/wake_up"]
    assert ports(life.reply(101, 421, moved("eu"))) == ["failed"]
    assert life.memory.count == 1


def test_with_a_new_token_the_need_goes_on() -> None:
    life = Life()
    token, life.token = life.token, None
    assert ports(life.need(need())) == ["unauthorised"]
    life.token = token

    assert life.look(30) == [WAKE]


def test_a_need_of_long_ago_wakes_nobody() -> None:
    life = Life()
    token, life.token = life.token, None
    life.need(need())
    life.token = token

    assert life.look(901) == []


def test_a_clock_set_back_neither_stops_wakes_nor_asks_for_ever() -> None:
    life = Life()
    life.need(need(at=7200))
    life.reply(7202, 200, ASLEEP)
    assert life.look(7210) == [LOOK]
    assert ports(life.reply(0, 200, ASLEEP)) == ["failed"]
    life.need(need(at=7200))
    life.reply(7202, 200, ASLEEP)

    assert life.need(need(at=10)) == [WAKE]


def test_what_is_not_wanted_any_more_wakes_nobody() -> None:
    life = Life()
    assert ports(life.need(need(until=after(60)), now=61)) == ["refused"]
    life.token = None
    life.need(need(until=after(60)), now=30)
    life.token = Life().token

    assert life.look(61) == []


@pytest.mark.parametrize(
    ("holiday", "woken"),
    [
        (Holiday(), False),
        (Holiday(until=after(10)), False),
        (Holiday(until=after(-10)), True),
        (Holiday(on=False), True),
    ],
)
def test_on_holiday_nothing_wakes_it(holiday: Holiday, woken: bool) -> None:
    life = Life()
    life.holiday = holiday

    results = life.need(need())
    assert (results == [WAKE]) is woken
    assert (results != [WAKE] and ports(results) == ["refused"]) is not woken


def test_a_holiday_may_be_a_setting() -> None:
    assert ports(Life(Config(vin="LRWTEST0000000001", holiday=True)).need(need())) == ["refused"]


def test_no_message_at_all_can_ask_to_wake_the_car_for_a_stop() -> None:
    assert "stop" not in get_args(get_type_hints(Needed)["do"])
    assert [p.carries for p in NODE.ins.values() if p.triggers] == [Needed, object]
    assert Life().look(0) == []  # and a nudge alone wakes nobody


def test_it_is_muted_by_a_shadow_run_and_never_repeated_blindly() -> None:
    assert NODE.actuator
    assert NODE.once
