from typing import Any

import pytest

from wattwire.nodes import Dial, Emit, Fault, Heard, Linked, Listen, Secret, Started, Status
from wattwire.nodes.mqtt_in import NODE, Config, listen


def heard(payload: bytes, *, retained: bool = False, **settings: Any) -> list[Emit]:
    """What a message on house/grid leads to."""
    results = listen(Config(topic="house/#", **settings), Heard("house/grid", payload, retained))
    return [r for r in results if isinstance(r, Emit)]


@pytest.mark.parametrize(
    ("payload", "body"),
    [
        (b'{"power": 12.5}', {"power": 12.5}),
        (b"0", 0),
        (b"null", None),
        (b"", None),  # how a retained message is cleared
        (b'"on"', "on"),
        ('"5 £"'.encode(), "5 £"),
    ],
)
def test_a_payload_is_json(payload: bytes, body: object) -> None:
    assert heard(payload) == [Emit("message", body)]


@pytest.mark.parametrize("payload", [b"on", b"{", b"NaN", b"[1, -Infinity]", b"\xff\xfe1", b"[" * 100_000])
def test_what_is_not_json_is_told_with_its_topic(payload: bytes) -> None:
    (emit,) = heard(payload)

    assert emit.port == "bad"
    assert isinstance(emit.body, Fault)
    assert emit.body.why.startswith("house/grid: not JSON: ")


def test_text_is_taken_as_it_is_if_told_so() -> None:
    assert heard(b"on", json=False) == [Emit("message", "on")]
    assert heard(b"\xff", json=False)[0].port == "bad"


def test_a_filter_for_many_topics_can_hand_on_the_topic() -> None:
    assert heard(b"12", topics=True) == [Emit("message", {"topic": "house/grid", "payload": 12})]


def test_retained_messages_are_old_news() -> None:
    assert heard(b"12", retained=True) == []


def test_retained_messages_count_where_they_are_asked_for() -> None:
    results = listen(Config(topic="house/#", retained=True), Heard("house/grid", b"12", retained=True))

    assert results == [Emit("message", 12)]


def test_it_listens_again_at_every_connection() -> None:
    cfg = Config(topic="house/#")

    assert listen(cfg, Linked(True)) == [Listen("house/#"), Status("listening to house/#")]
    assert listen(cfg, Linked(False, "timed out")) == [Status("not connected: timed out", "yellow")]


def test_a_start_is_not_yet_a_connection() -> None:
    assert listen(Config(topic="house/#"), Started()) == []  # type: ignore[arg-type]


def test_it_dials_the_broker_it_is_told_and_else_the_flows_own() -> None:
    assert NODE.dial is not None
    assert NODE.dial(Config(topic="a")) == Dial(url="mqtt://flow")
    cfg = Config(topic="a", url="mqtts://nas:8883", user="me", password=Secret("simulated"))
    assert NODE.dial(cfg) == Dial(url="mqtts://nas:8883", user="me", password=Secret("simulated"))


@pytest.mark.parametrize("topic", ["a", "/a/", "+", "#", "a/+/b/#", "+/a", "$SYS/#"])
def test_filters_as_mqtt_has_them(topic: str) -> None:
    assert Config(topic=topic).topic == topic


@pytest.mark.parametrize(
    ("topic", "url"),
    [
        ("", "mqtt://a"),
        ("a+", "mqtt://a"),
        ("a/#/b", "mqtt://a"),
        ("a#", "mqtt://a"),
        ("a\0", "mqtt://a"),
        ("a", "http://a"),
        ("a", "mqtt://"),
        ("a" * 65_536, "mqtt://a"),
    ],
)
def test_what_no_broker_takes_is_refused(topic: str, url: str) -> None:
    with pytest.raises(ValueError, match=r"topic|url"):
        Config(topic=topic, url=url)
