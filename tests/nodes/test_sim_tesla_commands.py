from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wattwire.nodes import Answer, Asked, Json, Reply
from wattwire.nodes.sim_messages import Cable, Drawn, SimFault
from wattwire.nodes.sim_tesla import Config, step
from wattwire.nodes.sim_tesla_car import State

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
CAR = "/api/1/vehicles/LRWTEST0000000001"
CFG = Config()
AWAKE = Config(sleep_after=timedelta(days=2))
YES: Json = {"result": True, "reason": ""}
UNAVAILABLE = "vehicle unavailable: vehicle is offline or asleep"


class Sim:
    """The simulator, lived through in minutes after noon."""

    def __init__(self, cfg: Config = CFG) -> None:
        self.cfg = cfg
        self.state = State(access={"good": NOON + timedelta(days=9)})

    def _step(self, minute: float, event: Asked | None = None, charge: Drawn | None = None,
              cable: Cable | None = None, fault: SimFault | None = None) -> Any:  # fmt: skip
        now = NOON + timedelta(minutes=minute)
        self.state, out = step(self.cfg, self.state, event, charge, cable, None, fault, now)
        return out

    def hear(self, minute: float, method: str, path: str, body: Json = None) -> Reply:
        out = self._step(minute, Asked(method, CAR + path, headers={"authorization": "Bearer good"}, json=body))
        assert isinstance(out, Answer)
        return out.reply

    def do(self, minute: float, command: str, **body: Json) -> Any:
        told: Any = self.hear(minute, "POST", f"/command/{command}", body).json
        return told["response"]

    def see(self, minute: float) -> Any:
        told: Any = self.hear(minute, "GET", "/vehicle_data").json
        return told["response"]["charge_state"]

    def word(self, minute: float) -> str:
        told: Any = self.hear(minute, "GET", "").json
        return str(told["response"]["state"])

    def draw(self, minute: float, power: float) -> None:
        self._step(minute, charge=Drawn(at=NOON, power=power))

    def cable(self, minute: float, plugged: bool, power: float = 0) -> None:
        self._step(minute, cable=Cable(at=NOON, plugged=plugged, power=power))

    def trouble(self, kind: str, times: int | None = None) -> Any:
        return self._step(0, fault=SimFault(kind=kind, times=times))


def test_it_stops_and_starts_as_it_is_told() -> None:
    sim = Sim()
    sim.draw(0, 7400)

    words = list[str]()
    for minute, command in enumerate(("charge_stop", "charge_start"), 1):
        assert sim.do(minute, command) == YES
        words.append(sim.see(minute)["charging_state"])

    assert words == ["Stopped", "Charging"]


def test_told_to_stop_it_takes_no_more_until_somebody_starts_it() -> None:
    sim = Sim(AWAKE)
    sim.draw(0, 6000)
    sim.do(60, "charge_stop")

    assert sim.see(120)["charge_energy_added"] == 6.0
    sim.draw(121, 0)
    sim.draw(122, 6000)  # a dispatch begins: Octopus starts it
    assert sim.see(123)["charging_state"] == "Charging"


def test_the_same_current_again_does_not_start_a_car_that_was_told_to_stop() -> None:
    sim = Sim(AWAKE)
    for minute, power, word in [(0, 7400, "Charging"), (2, 7400, "Stopped"), (4, 7100, "Charging")]:
        sim.draw(minute, power)
        assert sim.see(minute + 0.5)["charging_state"] == word
        sim.do(minute + 1, "charge_stop")


def test_it_keeps_to_the_limit_and_the_current_that_it_is_told() -> None:
    sim = Sim(AWAKE)
    sim.draw(0, 7400)
    sim.do(1, "set_charge_limit", percent=55)
    sim.do(1, "set_charging_amps", charging_amps=10)

    seen = sim.see(60)
    assert (seen["charge_limit_soc"], seen["charge_current_request"], seen["charger_actual_current"]) == (55, 10, 10)
    assert sim.see(24 * 60)["battery_level"] == 55


def test_a_limit_out_of_range_is_answered_as_success_and_ignored() -> None:
    sim = Sim()

    assert sim.do(1, "set_charge_limit", percent=101) == YES
    assert sim.see(2)["charge_limit_soc"] == 80


@pytest.mark.parametrize(
    ("cfg", "power", "command", "reason"),
    [
        (CFG, 0, "charge_stop", "not_charging"),
        (CFG, 0, "charge_start", "no_power"),
        (CFG, 7400, "charge_start", "is_charging"),
        (replace(CFG, soc=80), 7400, "charge_start", "complete"),
        (replace(CFG, plugged=False), 7400, "charge_start", "disconnected"),
    ],
)
def test_it_says_no_in_the_cars_words_behind_the_proxys(cfg: Config, power: float, command: str, reason: str) -> None:
    sim = Sim(cfg)
    sim.draw(0, power)

    assert sim.do(1, command) == {"result": False, "reason": f"car could not execute command: {reason}"}


def test_the_same_limit_again_is_already_set() -> None:
    assert Sim().do(1, "set_charge_limit", percent=80)["reason"].endswith("already_set")


def test_a_schedule_stays_in_the_cars_list_until_it_is_removed() -> None:
    sim = Sim()
    ends: Any = {"start_enabled": True, "end_enabled": False}

    def listed(minute: float) -> Any:
        query, headers = {"endpoints": "charge_schedule_data"}, {"authorization": "Bearer good"}
        out = sim._step(minute, Asked("GET", f"{CAR}/vehicle_data", query, headers))
        return out.reply.json["response"]["charge_schedule_data"]["charge_schedules"]

    sim.do(1, "add_charge_schedule", id=7, **ends)
    assert listed(2) == [{"id": 7}]
    sim.do(3, "remove_charge_schedule", id=7)
    assert listed(4) == []


@pytest.mark.parametrize(
    ("command", "body", "status"),
    [("open_trunk", {}, 400), ("set_charge_limit", {"percent": "80"}, 400), ("add_charge_schedule", {"id": 1}, 400)],
)
def test_what_the_proxy_does_not_understand_is_400(command: str, body: Json, status: int) -> None:
    assert Sim().hear(1, "POST", f"/command/{command}", body).status == status


def test_a_sleeping_car_is_500_through_the_proxy_and_sleeps_on() -> None:
    sim = Sim(replace(CFG, awake=False))
    reply: Any = sim.hear(1, "POST", "/command/charge_start", {})

    assert (reply.status, reply.json["error"]) == (500, UNAVAILABLE)
    assert sim.word(2) == "asleep"


def test_a_wake_call_is_answered_asleep_and_the_car_is_up_20_seconds_later_for_11_minutes() -> None:
    sim = Sim(replace(CFG, awake=False))
    reply: Any = sim.hear(1, "POST", "/wake_up")

    assert (reply.status, reply.json["response"]["state"]) == (200, "asleep")
    assert [sim.word(m) for m in (1.3, 1.34, 12.3, 12.4)] == ["asleep", "online", "online", "asleep"]


def test_a_deaf_car_is_not_woken() -> None:
    sim = Sim(replace(CFG, awake=False))
    sim.trouble("deaf")
    sim.hear(1, "POST", "/wake_up")

    assert sim.word(5) == "asleep"


@pytest.mark.parametrize(
    ("kind", "status", "stopped"),
    [
        ("ineffective", 200, False),
        ("504", 504, False),
        ("504done", 504, True),
        ("timeout", 408, False),
        ("unpaired", 500, False),
        ("busy", 500, False),
        ("refuse user_not_present", 200, False),
        ("limit", 403, False),
        ("429", 429, False),
        ("none", 200, True),
    ],
)
def test_a_fault_of_commands_answers_and_does_what_its_name_says(kind: str, status: int, stopped: bool) -> None:
    sim = Sim()
    sim.draw(0, 7400)
    told = sim.trouble(kind)
    reply = sim.hear(1, "POST", "/command/charge_stop", {})
    sim.trouble("none")

    assert told.text == ("behaving" if kind == "none" else f"misbehaving: {kind}")
    assert reply.status == status
    assert (sim.see(2)["charging_state"] == "Stopped") is stopped


def test_a_fault_of_commands_is_not_used_up_by_reading() -> None:
    sim = Sim()
    sim.draw(0, 7400)
    sim.trouble("504", times=1)
    sim.see(1)

    assert sim.hear(2, "POST", "/command/charge_stop", {}).status == 504
    assert sim.hear(3, "POST", "/command/charge_stop", {}).status == 200


def test_a_cable_that_brings_power_starts_a_charge_and_wakes_the_car() -> None:
    sim = Sim(replace(CFG, awake=False, plugged=False))
    sim.cable(60, plugged=True, power=7400)
    charging = sim.see(61)
    sim.cable(62, plugged=False)

    assert (charging["charging_state"], charging["conn_charge_cable"]) == ("Charging", "IEC")
    assert sim.see(63)["charging_state"] == "Disconnected"
