"""A simulated GX keeps the grammar of a real one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sim_gx_talk import ID, LIMIT, NOON, SOC, Gx

from wattwire.nodes import Due
from wattwire.nodes.gx_topics import ESS, FIELDS, slot_path
from wattwire.nodes.sim_messages import SimFault


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


def test_a_device_that_leaves_says_so_with_zero_bytes(gx: Gx) -> None:
    assert ("evcharger/40/Ac/Power", b"") in gx.call(SimFault(kind="chargerGone"))


def test_a_lost_grid_is_null(gx: Gx) -> None:
    assert ("system/0/Ac/Grid/L1/Power", {"value": None}) in gx.call(SimFault(kind="gridLost"))


def test_faults_heal(gx: Gx) -> None:
    for kind in ("keepCharged", "silent", "none"):
        gx.call(SimFault(kind=kind))

    assert gx.state.settings[f"{ESS}/BatteryLife/State"] == 10
    assert gx.hear(f"R/ID/{SOC}") != []


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
