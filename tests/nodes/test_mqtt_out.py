from typing import Any

import pytest

from wattwire.nodes import Emit, Fault, Linked, Say, Started, Status
from wattwire.nodes.mqtt_out import NODE, Config, State, say

UP, DOWN = State(True), State()


def said(body: object, state: State = UP, **settings: Any) -> list[object]:
    after, results = say(Config(topic="plug/set", **settings), state, body, None)
    assert after == state
    return list(results)


@pytest.mark.parametrize(
    ("settings", "body", "payload"),
    [
        ({}, {"power": 5}, {"power": 5}),
        ({}, 0, 0),
        ({}, False, False),
        ({"field": "car.limit"}, {"car": {"limit": 80}}, 80),
        ({"payload": {"state": "ON"}}, {"power": 5}, {"state": "ON"}),
        ({"payload": "ON"}, None, "ON"),  # a nudge carries no body, and needs none here
    ],
)
def test_what_is_said(settings: dict[str, Any], body: object, payload: object) -> None:
    assert said(body, **settings) == [Say("plug/set", payload), Emit("sent", payload)]


def test_a_text_can_go_without_its_quotes() -> None:
    assert said("ON", json=False) == [Say("plug/set", b"ON"), Emit("sent", "ON")]
    assert said({"on": 1}, json=False) == [Say("plug/set", {"on": 1}), Emit("sent", {"on": 1})]


def test_it_may_be_retained() -> None:
    assert said(1, retain=True)[0] == Say("plug/set", 1, retain=True)


@pytest.mark.parametrize(
    ("settings", "body", "why"),
    [
        ({}, None, "the body is missing: nothing to publish on plug/set"),
        ({"field": "limit"}, {"soc": 1}, "limit is missing: nothing to publish on plug/set"),
        ({"field": "limit"}, {"limit": None}, "limit is missing: nothing to publish on plug/set"),
    ],
)
def test_the_unknown_is_never_said(settings: dict[str, Any], body: object, why: str) -> None:
    assert said(body, **settings) == [Emit("failed", Fault(why))]


def test_without_a_connection_nothing_is_claimed_to_be_sent() -> None:
    assert said(1, DOWN) == [Emit("failed", Fault("not connected to mqtt://flow"))]
    assert said(1, DOWN, url="mqtt://me:word@there") == [Emit("failed", Fault("not connected to mqtt://***@there"))]


def test_the_connection_shows_on_its_status() -> None:
    cfg = Config(topic="plug/set")

    assert say(cfg, DOWN, None, Linked(True)) == (UP, [Status("connected")])
    assert say(cfg, UP, None, Linked(False, "refused")) == (DOWN, [Status("refused", "yellow")])
    assert say(cfg, UP, None, Started()) == (UP, [])  # type: ignore[arg-type]


def test_a_shadow_run_mutes_it() -> None:
    assert NODE.actuator


@pytest.mark.parametrize("topic", ["", "plug/+/set", "plug/#", "a\0"])
def test_a_topic_to_speak_on_is_one_topic(topic: str) -> None:
    with pytest.raises(ValueError, match="topic"):
        Config(topic=topic)
