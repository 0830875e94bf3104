"""What the simulated Octopus does with what a household sets: its limits, its refusals, and how late it shows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wattwire.nodes import Asked, Json, Reply
from wattwire.nodes.sim_messages import SimFault
from wattwire.nodes.sim_octopus import KEY, Config
from wattwire.nodes.sim_octopus_answers import answer
from wattwire.nodes.sim_octopus_car import State, power, started
from wattwire.nodes.sim_octopus_faults import switched
from wattwire.nodes.sim_octopus_settings import Settings

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
CFG = Config(first_after=timedelta(hours=5), every=timedelta(days=1))  # nothing is planned
DAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")
SECOND = timedelta(seconds=1)
LOGIN = "mutation L($key: String!) { obtainKrakenToken(input: {APIKey: $key}) { token } }"
READ = "query Q($account: String!) { devices(accountNumber: $account) { id } }"


class Octopus:
    def __init__(self, cfg: Config = CFG) -> None:
        self.cfg, self.now, self.state, self.token = cfg, NOW, started(cfg, State(), NOW), ""
        self.token = self.data(LOGIN, {"key": KEY.reveal()})["obtainKrakenToken"]["token"]

    def reply(self, query: str, variables: dict[str, Json]) -> Reply:
        asked = Asked(
            "POST", "/v1/graphql/", {}, {"authorization": self.token}, {"query": query, "variables": variables}
        )
        self.state, reply = answer(self.cfg, self.state, asked, self.now)
        return reply

    def data(self, query: str, variables: dict[str, Json]) -> Any:
        found: Any = self.reply(query, variables).json
        return found["data"]

    def write(self, field: str, **wish: Json) -> str:
        """`done`, or the code and reasons of the refusal."""
        given: Json = {"deviceId": self.cfg.device, **wish}
        found: Any = self.reply(f"mutation M($wish: I!) {{ {field}(input: $wish) {{ id }} }}", {"wish": given}).json
        if found is None:
            return "no answer"
        told = [e["extensions"] for e in found.get("errors", [])]
        words = [word for e in told for word in (e["errorCode"], *e.get("boostChargeRefusalReasons", []))]
        return " ".join(words) or "done"

    def prefer(self, *days: Json) -> str:
        return self.write("setDevicePreferences", mode="CHARGE", unit="PERCENTAGE", schedules=list(days))

    def car(self) -> Any:
        return self.data(READ, {"account": self.cfg.account})["devices"][0]

    def week(self) -> list[str]:
        return [f"{d['max']:.0f} {d['time']}" for d in self.car()["preferences"]["schedules"]]

    def fault(self, kind: str) -> None:
        self.state, _ = switched(self.state, SimFault(kind=kind))

    def later(self, seconds: float) -> None:
        self.now += seconds * SECOND


def days(percent: Json = "90", time: str = "06:00", names: tuple[str, ...] = DAYS) -> list[Json]:
    return [{"dayOfWeek": day, "time": time, "max": percent} for day in names]


def test_a_week_is_kept_day_by_day_and_shows_ten_seconds_later() -> None:
    octopus = Octopus()
    taken = octopus.prefer(*days(names=DAYS[:6]), *days("50", "11:30", ("SUNDAY",)))
    octopus.later(9)
    before = octopus.week()
    octopus.later(1)

    assert taken == "done"
    assert before == ["80 07:30:00"] * 7
    assert octopus.week() == [*["90 06:00:00"] * 6, "50 11:30:00"]


@pytest.mark.parametrize(
    "week",
    [
        days(names=DAYS[:6]),
        days(names=(*DAYS[:6], "MONDAY")),
        days(names=(*DAYS, "MONDAY")),
        days("93"),
        days("5"),
        days("105"),
        days(None),
        days(time="06:15"),
        days(time="noon"),
        ["monday"],
        [],
    ],
)
def test_a_week_that_the_real_one_would_not_take_is_refused(week: list[Json]) -> None:
    octopus = Octopus()

    assert octopus.prefer(*week) == "KT-CT-4321"
    assert octopus.week() == ["80 07:30:00"] * 7


def test_it_tells_its_limits_and_holds_to_them() -> None:
    octopus = Octopus(replace(CFG, settings=Settings(least=50, step=10, first="04:00", last="11:00", every=60)))

    assert octopus.car()["preferenceSetting"]["scheduleSettings"] == [
        {
            "id": "1",
            "min": "50",
            "max": "100",
            "step": "10",
            "timeFrom": "04:00:00",
            "timeTo": "11:00:00",
            "timeStep": 60,
        }
    ]
    assert [
        octopus.prefer(*days(p, t)) for p, t in (("60", "05:00"), ("65", "05:00"), ("60", "05:30"), ("60", "12:00"))
    ] == [
        "done",
        "KT-CT-4321",
        "KT-CT-4321",
        "KT-CT-4321",
    ]


def test_suspended_flips_a_little_later_and_back() -> None:
    octopus = Octopus()
    octopus.write("updateDeviceSmartControl", action="SUSPEND")
    first = octopus.car()["status"]["isSuspended"]
    octopus.later(10)
    second = octopus.car()["status"]
    octopus.write("updateDeviceSmartControl", action="UNSUSPEND")
    octopus.later(10)

    assert (first, second["isSuspended"], second["currentState"]) == (False, True, "SMART_CONTROL_OFF")
    assert octopus.car()["status"]["isSuspended"] is False


def test_a_boost_draws_shows_and_ends() -> None:
    octopus = Octopus(replace(CFG, settings=Settings(boost=timedelta(minutes=30))))
    octopus.write("updateBoostCharge", action="BOOST")
    octopus.later(10)
    state, drawn = octopus.car()["status"]["currentState"], power(CFG, octopus.state, octopus.now)
    plan = octopus.data("query P($d: String!) { flexPlannedDispatches(deviceId: $d) { start } }", {"d": CFG.device})
    octopus.later(1800)

    assert (state, drawn) == ("BOOSTING", 7100.0)
    assert plan["flexPlannedDispatches"][0]["type"] == "BOOST"
    assert octopus.car()["status"]["currentState"] == "SMART_CONTROL_CAPABLE"
    assert power(CFG, octopus.state, octopus.now) == 0.0


def test_boosts_are_refused_as_the_real_one_does() -> None:
    octopus = Octopus()
    first = [octopus.write("updateBoostCharge", action="BOOST") for _ in range(2)]
    cancelled = [octopus.write("updateBoostCharge", action="CANCEL") for _ in range(2)]
    octopus.write("updateDeviceSmartControl", action="SUSPEND")

    assert first == ["done", "KT-CT-4357 BC_BOOST_CHARGE_IN_PROGRESS"]
    assert cancelled == ["done", "KT-CT-4354"]
    assert octopus.write("updateBoostCharge", action="BOOST") == "KT-CT-4357 BC_DEVICE_SUSPENDED"


def test_the_charge_cap_is_told_beside_the_preferences() -> None:
    octopus = Octopus()
    before = octopus.car()["cap"]
    octopus.write("updateIsChargingDurationCapped", enabled=True)
    octopus.later(10)

    assert before == {"isChargingDurationCapped": "DISABLED"}
    assert octopus.car()["cap"] == {"isChargingDurationCapped": "ENABLED"}


@pytest.mark.parametrize(
    ("kind", "told", "done"),
    [
        ("unshown", "done", False),
        ("lostReply", "no answer", True),
        ("KT-CT-4358", "KT-CT-4358", False),
        ("KT-CT-1199", "KT-CT-1199", False),
        ("KT-CT-4353", "done", True),  # a fault of another question
        ("BC_DEVICE_FULLY_CHARGED", "done", True),
    ],
)
def test_a_write_may_fail_in_its_own_ways(kind: str, told: str, done: bool) -> None:
    octopus = Octopus()
    octopus.fault(kind)
    said = octopus.write("updateDeviceSmartControl", action="SUSPEND")
    octopus.fault("none")
    octopus.later(10)

    assert said == told
    assert octopus.car()["status"]["isSuspended"] is done


def test_any_reason_against_a_boost_can_be_played() -> None:
    octopus = Octopus()
    octopus.fault("BC_DEVICE_NOT_AT_HOME")

    assert octopus.write("updateBoostCharge", action="BOOST") == "KT-CT-4357 BC_DEVICE_NOT_AT_HOME"
