"""A meter on the car's cable, of whatever make."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wattwire.nodes import Due, Emit, Event, Fault, Heard, Linked, Listen, Started, Timer
from wattwire.nodes.ev_meter import Config, hear
from wattwire.nodes.messages import Charger
from wattwire.nodes.meter_readings import State

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def told(*payloads: bytes | tuple[float, bytes], **settings: Any) -> list[Emit]:
    """What leaves after these; one after the other, 1 s apart, or when they say."""
    cfg, state, emits = Config(topic="zappi/power", **settings), State(), list[Emit]()
    for n, it in enumerate(payloads):
        second, payload = it if isinstance(it, tuple) else (n, it)
        state, results = hear(cfg, state, Heard("zappi/power", payload), at(second))
        emits += [r for r in results if isinstance(r, Emit)]
    return emits


def power(payload: bytes, **settings: Any) -> float | None:
    (emit,) = told(payload, **settings)
    assert isinstance(emit.body, Charger)
    return emit.body.power


@pytest.mark.parametrize(
    ("payload", "settings", "watts"),
    [
        (b"7040.5", {}, 7040.5),
        (b"7.04", {"unit": "kW"}, 7040),
        (b"0", {}, 0),
        (b'"7040"', {}, 7040),  # numbers as text
        (b'{"act_power": 7040, "voltage": 241}', {"field": "act_power"}, 7040),
        (b'{"em1:0": {"act_power": "7.04"}}', {"field": "em1:0.act_power", "unit": "kW"}, 7040),
        (b'{"ectt": [0, 7040]}', {"field": "ectt.1"}, 7040),
        (b"-7040", {"reversed": True}, 7040),
    ],
)
def test_any_number_on_a_topic_is_the_chargers_power(payload: bytes, settings: dict[str, Any], watts: float) -> None:
    assert power(payload, **settings) == pytest.approx(watts)


@pytest.mark.parametrize(
    ("payload", "settings", "why"),
    [
        (b"charging", {}, "zappi/power: not a number, and not JSON"),
        (b"", {}, "zappi/power: not a number; set `field` to where it is"),
        (b"true", {}, "zappi/power: not a number; set `field` to where it is"),
        (b'{"power": 1}', {}, "zappi/power: not a number; set `field` to where it is"),
        (b'{"power": 1}', {"field": "act_power"}, "zappi/power: no number at act_power"),
        (b'{"power": null}', {"field": "power"}, "zappi/power: no number at power"),
        (b'"inf"', {}, "zappi/power: not a number; set `field` to where it is"),
    ],
)
def test_what_is_no_number_is_told_once_and_is_never_0(payload: bytes, settings: dict[str, Any], why: str) -> None:
    assert told(payload, payload, payload, **settings) == [Emit("bad", Fault(why))]


def test_a_payload_may_tell_whether_the_car_is_plugged_in() -> None:
    (emit,) = told(b'{"chargePower": 0, "connected": true}', field="chargePower", plugged="connected")

    assert emit.body == Charger(at=NOON, power=0, plugged=True)


def test_a_jump_is_told_at_once_and_all_else_every_30_s() -> None:
    readings = [(0, b"0"), (1, b"7000"), (2, b"7100"), (20, b"7290"), (31, b"7050"), (40, b"0")]

    assert [(e.body.at, e.body.power) for e in told(*readings) if isinstance(e.body, Charger)] == [
        (at(0), 0),
        (at(1), 7000),
        (at(31), 7050),
        (at(40), 0),
    ]


def test_a_meter_that_falls_silent_is_unknown_and_said_once() -> None:
    cfg, state = Config(topic="zappi/power"), State()
    state, heard = hear(cfg, state, Heard("zappi/power", b"7000"), NOON)
    state, first = hear(cfg, state, Due("stale"), at(300))
    state, second = hear(cfg, state, Due("stale"), at(600))
    state, again = hear(cfg, state, Heard("zappi/power", b"7000"), at(700))

    why = Fault("nothing heard on zappi/power for 5 min")
    assert Timer("stale", at(300)) in heard
    assert [r for r in first if isinstance(r, Emit)] == [Emit("charger", Charger(at=at(300))), Emit("silent", why)]
    assert [r for r in second if isinstance(r, Emit)] == [Emit("charger", Charger(at=at(600)))]
    assert Emit("charger", Charger(at=at(700), power=7000)) in again


def test_it_listens_when_connected_and_counts_silence_from_the_start() -> None:
    events: list[Event] = [Started(), Linked(up=True)]
    results = [r for e in events for r in hear(Config(topic="zappi/power"), State(), e, NOON)[1]]  # type: ignore[arg-type]

    assert results[0] == Timer("stale", at(300))
    assert Listen("zappi/power") in results


@pytest.mark.parametrize(("retained", "counts"), [(False, 0), (True, 1)])
def test_retained_readings_are_old_news(retained: bool, counts: int) -> None:
    cfg = Config(topic="zappi/power", retained=retained)
    results = hear(cfg, State(), Heard("zappi/power", b"7000", retained=True), NOON)[1]

    assert len([r for r in results if isinstance(r, Emit)]) == counts


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"topic": "zappi/#"}, "for listening"),
        ({"topic": "x", "url": "http://x"}, "mqtt://host:1883"),
        ({"topic": "x", "stale": timedelta()}, "such as 5m"),
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Config(**settings)
