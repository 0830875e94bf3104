"""teslaTelemetry: when a car is connected, when it is gone, and when nobody knows."""

from datetime import timedelta

from telemetry_talk import CFG, NOON, Server

from wattwire.nodes import Due, Linked, Timer
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
