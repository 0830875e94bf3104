"""teslaTelemetry: when a car is connected, when it is gone, and when nobody knows."""

import json
from datetime import timedelta

import pytest
from telemetry_talk import CFG, NOON, VIN, Server

from wattwire.nodes import Due, Heard, Json, Linked, Timer
from wattwire.nodes.tesla_telemetry import step


def test_the_end_of_an_older_connection_says_nothing() -> None:
    server = Server()
    states = [
        server.link(0, "c2", "CONNECTED", "2026-11-21T12:00:05Z"),
        server.link(0, "c1", "DISCONNECTED", "2026-11-21T12:00:06Z"),
        server.link(1, "c1", "CONNECTED", "2026-11-21T11:00:00Z"),  # late
        server.link(20, "c2", "DISCONNECTED", "2026-11-21T12:20:00Z"),
        server.link(21, "c2", "CONNECTED", "2026-11-21T12:00:05Z"),  # twice
        server.says(22, "Soc", 63.5),
    ]

    assert len(states) == 6
    assert [car.state for car in server.told] == ["online", "offline", "online"]
    assert server.car.soc_usable == 63.5


@pytest.mark.parametrize(
    ("told", "state"),
    [
        ({"ConnectionId": "c2", "Status": "DISCONNECTED", "CreatedAt": "2026-11-21T12:20:00Z"}, "online"),  # twice
        ({"ConnectionId": "c2", "Status": "CONNECTED", "CreatedAt": "2026-11-21T12:00:05Z"}, "online"),  # twice
        ({"ConnectionId": "c1", "Status": "DISCONNECTED", "CreatedAt": "2026-11-21T09:00:00Z"}, "online"),  # late
        ({"ConnectionId": "c3", "Status": "SLEEPING", "CreatedAt": "2026-11-21T12:22:00Z"}, "online"),
        (None, "online"),
        ("", "online"),
        ({"ConnectionId": "c3", "Status": "DISCONNECTED", "CreatedAt": "2026-11-21T12:22:00Z"}, "offline"),
    ],
)
def test_a_car_that_said_something_since_stays_online_until_a_newer_connection_ends(told: Json, state: str) -> None:
    server = Server()
    server.link(0, "c2", "CONNECTED", "2026-11-21T12:00:05Z")
    server.link(20, "c2", "DISCONNECTED", "2026-11-21T12:20:00Z")
    server.says(21, "Soc", 63.5)
    server.happen(22, Heard(f"telemetry/{VIN}/connectivity", json.dumps(told).encode()))

    assert server.car.state == state


def test_a_retained_connection_is_of_a_time_that_nobody_knows() -> None:
    server = Server()
    server.says(0, "Soc", 63.5)
    server.happen(1, Linked(True))
    server.link(1, "c1", "CONNECTED", retained=True)
    server.happen(31, Due("silence"))
    silent = server.car.state
    server.says(40, "Soc", 63.0)
    server.link(50, "c1", "DISCONNECTED", "2026-11-21T12:50:00Z")

    assert [silent, *(car.state for car in server.told)] == ["unknown", "online", "unknown", "online", "offline"]


def test_a_retained_end_of_a_connection_is_one() -> None:
    server = Server()
    server.link(0, "c1", "CONNECTED")
    server.happen(1, Linked(True))
    server.link(1, "c1", "DISCONNECTED", "2026-11-21T12:01:00Z", retained=True)

    assert server.car.state == "offline"


def test_a_connection_may_have_ended_unheard_while_the_broker_was_away() -> None:
    server = Server()
    server.link(0, "c1", "CONNECTED")
    server.says(0, "Soc", 63.5)
    server.happen(5, Linked(False, "gone"))
    server.happen(60, Linked(True))
    server.happen(90, Due("silence"))

    assert server.car.state == "unknown"


def test_a_connection_that_ends_does_not_end_a_charge() -> None:
    server = Server()
    server.link(0, "c1", "CONNECTED")
    server.says(0, "DetailedChargeState", "DetailedChargeStateCharging")
    server.link(5, "c1", "DISCONNECTED")

    assert (server.car.state, server.car.charging, server.car.seen) == ("offline", True, NOON)


def test_without_word_of_its_connection_a_silent_car_is_unknown_after_a_while() -> None:
    server = Server()
    results = server.says(0, "Soc", 62.0)
    server.happen(30, Due("silence"))

    assert Timer("silence", NOON + timedelta(minutes=30)) in results
    assert (server.car.state, server.car.seen) == ("unknown", NOON)


def test_a_silent_car_is_unknown_after_a_restart_too() -> None:
    server = Server()
    silence = Timer("silence", NOON + timedelta(minutes=30))

    assert silence in step(CFG, server.memory, Linked(True), NOON)[1]


def test_a_car_that_went_stays_gone() -> None:
    server = Server()
    server.link(0, "c1", "CONNECTED")
    server.says(0, "Soc", 62.0)
    server.link(40, "c1", "DISCONNECTED")
    server.happen(41, Due("silence"))

    assert server.car.state == "offline"


def test_a_car_that_is_connected_may_be_silent() -> None:
    server = Server()
    server.link(0, "c1", "CONNECTED")
    server.says(0, "Soc", 62.0)
    server.happen(30, Due("silence"))

    assert server.car.state == "online"
