"""A simulated GX keeps the grammar of a real one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from wattwire.nodes import Due, Heard, Linked, Say, Started
from wattwire.nodes.gx_topics import ESS, FIELDS, slot_path
from wattwire.nodes.sim_gx import Config
from wattwire.nodes.sim_gx_answers import answer
from wattwire.nodes.sim_gx_telling import State
from wattwire.nodes.sim_messages import Drawn, SimFault

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)  # a Friday
ID = "c0619ab27f32"
CFG = Config()
SOC = slot_path(4, "Soc")
LIMIT = f"{ESS}/BatteryLife/MinimumSocLimit"


class Gx:
    def __init__(self, cfg: Config = CFG, now: datetime = NOON) -> None:
        self.cfg, self.now, self.state, self.timers = cfg, now, State(), dict[str, datetime]()
        self.said: list[tuple[str, object]] = []
        self.retained: list[str] = []
        for event in (Started(), Linked(True)):
            self.call(event)

    def call(self, event: Started | Linked | Heard | Due | Drawn | SimFault) -> list[tuple[str, object]]:
        self.state, results = answer(self.cfg, self.state, event, self.now)
        says = [r for r in results if isinstance(r, Say)]
        self.retained += [s.topic for s in says if s.retain]
        for timer in (r for r in results if type(r).__name__ == "Timer"):
            self.timers.pop(timer.name, None)  # type: ignore[union-attr]
            if timer.at:  # type: ignore[union-attr]
                self.timers[timer.name] = timer.at  # type: ignore[union-attr]
        told = [(s.topic.removeprefix(f"N/{ID}/"), s.payload) for s in says]
        self.said += told
        return told

    def hear(self, topic: str, payload: object = b"") -> list[tuple[str, object]]:
        raw = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return self.call(Heard(topic.replace("ID", ID), raw))

    def write(self, path: str, value: object) -> list[tuple[str, object]]:
        return self.hear(f"W/ID/{path}", {"value": value})

    def slot(self, index: int = 4, **values: int) -> None:
        for field, value in values.items():
            self.write(slot_path(index, field), value)

    def run(self, **span: float) -> None:
        until = self.now + timedelta(**span)
        while self.timers and (due := min((at, name) for name, at in self.timers.items()))[0] <= until:
            self.now = max(self.now, due[0])
            del self.timers[due[1]]
            self.call(Due(due[1]))
        self.now = until

    def times(self, path: str) -> int:
        return sum(p == path for p, _ in self.said)


@pytest.fixture
def gx() -> Gx:
    gx = Gx()
    gx.hear("R/ID/keepalive")
    return gx


def test_only_the_serial_number_is_retained() -> None:
    assert Gx().retained == [f"N/{ID}/system/0/Serial"]


def test_it_is_silent_until_kept_alive_and_again_60_s_later() -> None:
    gx = Gx()
    gx.run(minutes=5)
    before = gx.times("heartbeat")
    gx.hear("R/ID/keepalive")
    gx.run(minutes=5)

    assert (before, gx.times("heartbeat")) == (0, 20)


def test_its_heart_beats_on_where_the_clock_is_set_back(gx: Gx) -> None:
    gx.now -= timedelta(hours=1)
    said = gx.call(Due("plant"))

    assert ("heartbeat", {"value": int(gx.now.timestamp())}) in said


def test_a_full_publish_ends_with_the_token() -> None:
    told = Gx().hear("R/ID/keepalive", {"keepalive-options": [{"full-publish-completed-echo": "abc"}]})

    assert len(told) > 50
    assert told[-1] == (
        "full_publish_completed",
        {"value": int(NOON.timestamp()), "full-publish-completed-echo": "abc"},
    )


def test_at_most_three_full_publishes_a_second(gx: Gx) -> None:
    for _ in range(9):
        gx.hear("R/ID/keepalive")

    assert gx.times("full_publish_completed") == 3


def test_a_quiet_keepalive_publishes_nothing(gx: Gx) -> None:
    assert gx.hear("R/ID/keepalive", {"keepalive-options": ["suppress-republish"]}) == []


def test_a_read_of_a_subtree_tells_every_leaf(gx: Gx) -> None:
    told = [p for p, _ in gx.hear(f"R/ID/{ESS}/BatteryLife/Schedule/Charge/4") if p.startswith(ESS)]

    assert told == [slot_path(4, f) for f in FIELDS]


def test_a_read_is_answered_without_a_keepalive_and_an_unknown_path_is_not() -> None:
    gx = Gx()

    assert gx.hear(f"R/ID/{SOC}") == [(SOC, {"max": 100, "min": 0, "value": 100})]
    assert gx.hear("R/ID/settings/0/Nonsense") == []


@pytest.mark.parametrize(
    ("path", "value", "now"),
    [
        (SOC, 55.7, 55),
        (SOC, True, 1),
        (SOC, "40", 40),
        (LIMIT, True, 1.0),
        (LIMIT, 20, 20.0),
        (SOC, 101, 100),  # ignored
        (SOC, -1, 100),
        (SOC, None, 100),
        (SOC, "abc", 100),
        (SOC, [5], 100),
        (f"{ESS}/Hub4Mode", 99, 99),  # no bounds
    ],
)
def test_a_write_is_converted_or_ignored_as_on_the_real_one(gx: Gx, path: str, value: object, now: float) -> None:
    gx.write(path, value)

    assert gx.state.settings[path] == now


def test_a_write_is_told_on_change_only(gx: Gx) -> None:
    assert [gx.write(SOC, v) for v in (100, 101)] == [[], []]
    assert gx.write(SOC, 80) == [(SOC, {"max": 100, "min": 0, "value": 80})]


@pytest.mark.parametrize("topic", ["W/ffffffffffff/" + SOC, "W/ID/settings/0/Nonsense", "N/ID/" + SOC])
def test_a_write_to_nowhere_does_nothing(gx: Gx, topic: str) -> None:
    assert gx.hear(topic, {"value": 5}) == []


def test_a_slot_charges_then_ends_by_itself_and_comes_back_in_a_week(gx: Gx) -> None:
    gx.slot(Start=43_200, Duration=600, Soc=80, Day=5)
    gx.run(seconds=6)
    began = (gx.state.plant.slot, gx.state.plant.battery)
    gx.run(minutes=10)
    ended = gx.state.plant.slot
    gx.run(days=7, minutes=-8)

    assert (began, ended, gx.state.plant.slot) == ((4, 5000.0), None, 4)


def test_the_lowest_slot_wins(gx: Gx) -> None:
    gx.slot(4, Start=43_200, Duration=600, Soc=80, Day=5)
    gx.slot(2, Start=43_200, Duration=600, Soc=0, Day=7)
    gx.run(seconds=6)

    assert (gx.state.plant.slot, gx.state.plant.battery) == (2, 0.0)


def test_energy_is_what_flowed_over_time() -> None:
    gx = Gx(Config(capacity=10, soc=20, charge=3000))
    gx.slot(Start=43_200, Duration=7200, Soc=100, Day=5)
    gx.run(hours=1, seconds=5)
    gx.hear("R/ID/system/0/Dc")

    assert gx.state.plant.soc == pytest.approx(50, abs=0.1)


def test_powers_add_up_with_the_car(gx: Gx) -> None:
    gx.call(Drawn(at=gx.now, power=7000))
    plant = gx.state.plant

    assert (plant.load, plant.battery) == (7540, -5000)
    assert ("system/0/Ac/Grid/L1/Power", {"value": 2540}) in gx.said


def test_dynamic_ess_blocks_slots_and_overrides(gx: Gx) -> None:
    gx.call(SimFault(kind="dynamicEss"))
    gx.slot(Start=43_200, Duration=600, Soc=80, Day=5)
    gx.write("hub4/0/Overrides/Setpoint", 3000)
    gx.run(seconds=6)

    assert (gx.state.plant.slot, gx.state.plant.status, dict(gx.state.overrides)) == (None, 4, {})


def test_an_override_is_forgotten_after_300_s(gx: Gx) -> None:
    gx.write("hub4/0/Overrides/Setpoint", 3000)
    charged = gx.state.plant.battery
    gx.run(seconds=301)
    gx.hear("R/ID/system/0/Dc")

    assert (charged, gx.state.plant.battery) == (2460, -490)


def test_a_device_that_leaves_says_so_with_zero_bytes(gx: Gx) -> None:
    assert ("evcharger/40/Ac/Power", b"") in gx.call(SimFault(kind="chargerGone"))


def test_a_lost_grid_is_null(gx: Gx) -> None:
    assert ("system/0/Ac/Grid/L1/Power", {"value": None}) in gx.call(SimFault(kind="gridLost"))


def test_faults_heal(gx: Gx) -> None:
    for kind in ("keepCharged", "silent", "none"):
        gx.call(SimFault(kind=kind))

    assert gx.state.settings[f"{ESS}/BatteryLife/State"] == 10
    assert gx.hear(f"R/ID/{SOC}") != []


def test_a_day_that_nobody_watches_costs_a_step_each_half_hour() -> None:
    gx = Gx()
    gx.slot(Start=3600, Duration=600, Soc=80, Day=7)
    gx.said.clear()
    gx.run(hours=24)

    assert gx.said == []
    assert gx.state.plant.at == NOON + timedelta(hours=24)


@pytest.mark.parametrize(("life", "after"), [(60, 61), (300, 301)])
def test_how_long_an_override_lives_is_a_setting(life: int, after: int) -> None:
    gx = Gx(Config(override_life=timedelta(seconds=life)))
    gx.hear("R/ID/keepalive")
    gx.write("hub4/0/Overrides/Setpoint", 3000)
    gx.run(seconds=life - 2)
    before = gx.state.plant.battery
    gx.hear("R/ID/keepalive")
    gx.run(seconds=3)

    assert (before, gx.state.plant.battery) == (2460, -490)
    assert ("hub4/0/Overrides/Setpoint", {"value": None}) in gx.said


def test_an_override_may_live_for_ever() -> None:
    gx = Gx(Config(override_life=None))
    gx.write("hub4/0/Overrides/Setpoint", 500)
    gx.run(days=1)
    gx.hear("R/ID/system/0/Dc")

    assert gx.state.overrides["hub4/0/Overrides/Setpoint"] == 500


@pytest.mark.parametrize(("honoured", "battery"), [(True, 5000), (False, -490)])
def test_a_force_charge_override_is_honoured_or_ignored_as_set(honoured: bool, battery: float) -> None:
    gx = Gx(Config(force_charge=honoured))
    gx.hear("R/ID/keepalive")
    gx.write("hub4/0/Overrides/ForceCharge", 1)

    assert gx.state.plant.battery == battery


@pytest.mark.parametrize(("limit", "battery"), [(63, 5000), (40, 1660), (20, 0), (-1, 5000)])
def test_the_input_limit_bounds_what_the_battery_takes_beside_the_car(limit: float, battery: float) -> None:
    gx = Gx(Config(input_limit=limit))
    gx.call(Drawn(at=gx.now, power=7000))
    gx.slot(Start=43_200, Duration=600, Soc=80, Day=5)
    gx.run(seconds=6)

    assert gx.state.plant.battery == battery


def test_a_fuse_blows_after_a_minute_and_the_car_is_dark_while_the_battery_carries_the_house() -> None:
    gx = Gx(Config(input_limit=-1, fuse=9200))
    gx.hear("R/ID/keepalive")
    gx.call(Drawn(at=gx.now, power=7000))
    gx.slot(Start=43_200, Duration=600, Soc=80, Day=5)
    gx.run(seconds=55)
    before = gx.state.plant.grid
    gx.hear("R/ID/keepalive")
    gx.run(seconds=20)
    plant = gx.state.plant

    assert (before, plant.grid) == (True, False)
    assert (plant.load, plant.battery) == (540, -540)
    assert ("system/0/Ac/ActiveIn/Source", {"value": 240}) in gx.said


def test_settings_that_leave_say_so_with_zero_bytes_and_take_no_writes_until_they_are_back(gx: Gx) -> None:
    told = gx.call(SimFault(kind="settingsGone"))
    gx.write(SOC, 50)
    gone = gx.state.settings[SOC]
    back = gx.call(SimFault(kind="none"))

    assert (SOC, b"") in told
    assert gone == 100
    assert (SOC, {"max": 100, "min": 0, "value": 100}) in back


def test_a_clock_that_is_ahead_is_told_by_its_heartbeat(gx: Gx) -> None:
    gx.call(SimFault(kind="clockAhead"))
    gx.run(seconds=3)

    assert ("heartbeat", {"value": int(gx.now.timestamp()) + 120}) in gx.said
