"""The link of a node: what it promises its owner of messages, over losses and kills."""

import os
import select
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wattwire.broker import private, traffic
from wattwire.broker.link import Link
from wattwire.broker.pipe import LARGEST
from wattwire.broker.private import PrivateBroker
from wattwire.broker.will import Will

Dial = Callable[..., Any]


def payloads(wire: Any) -> str:
    return " ".join(m.payload.decode() for m in wire.heard)


@pytest.mark.broker
def test_what_is_not_acknowledged_comes_again(broker: PrivateBroker, dial: Dial) -> None:
    a = dial(broker, "again", acks=False)
    a.subscribe("again/t")
    b = dial(broker)
    for word in ("one", "two", "three"):
        b.publish("again/t", word)
    a.until(lambda: len(a.heard) == 3)
    a.link.ack(a.heard[0])
    a.settle()
    a.lose()

    back = dial(broker, "again")
    back.until(lambda: len(back.heard) >= 2)

    assert (payloads(back), [m.dup for m in back.heard], back.ups) == ("two three", [True, True], [True])


@pytest.mark.broker
def test_an_acknowledgement_of_an_earlier_connection_is_let_be(broker: PrivateBroker, dial: Dial) -> None:
    a = dial(broker, "void", acks=False)
    a.subscribe("void/t")
    dial(broker).publish("void/t", "one")
    a.until(lambda: a.heard)
    a.link._lost("cut in a test")
    a.until(lambda: len(a.ups) == 2 and len(a.heard) == 2)

    a.link.ack(a.heard[0])
    a.settle()
    a.lose()
    back = dial(broker, "void")
    back.settle()

    assert payloads(back) == "one"


@pytest.mark.broker
def test_nothing_is_published_again_but_by_the_owner(broker: PrivateBroker, dial: Dial) -> None:
    sent: list[str] = []
    heard = dial(broker)
    heard.subscribe("mine/#")
    a = dial(broker)
    a.link.publish("mine/t", b"lost", on_sent=lambda: sent.append("lost"))
    a.link._pipe.out.clear()  # the connection ends before a byte of it is written
    a.link._lost("cut in a test")
    refused = a.link.publish("mine/t", b"too early", on_sent=lambda: sent.append("too early"))
    a.until(lambda: len(a.ups) == 2)
    a.publish("mine/t", "again")
    heard.settle()

    assert (refused, payloads(heard), sent, a.downs) == (False, "again", [], ["cut in a test"])


@pytest.mark.broker
def test_a_link_knows_when_its_broker_last_spoke(broker: PrivateBroker, dial: Dial) -> None:
    a = dial(broker, "speaks")
    before = a.link.heard
    os.kill(broker.pid, signal.SIGSTOP)
    a.link.publish("speaks/t", b"one")
    a.link.step(0.05)
    frozen = a.link.heard
    os.kill(broker.pid, signal.SIGCONT)
    a.until(lambda: a.link.backlog == 0)

    assert frozen == before
    assert a.link.heard > before


@pytest.mark.broker
def test_more_than_the_window_waits_and_goes_in_order(broker: PrivateBroker, dial: Dial) -> None:
    sent: list[int] = []
    a = dial(broker)
    a.link.traffic.window = 7
    a.subscribe("many/t")
    for number in range(500):
        a.link.publish("many/t", b"%d" % number, on_sent=lambda n=number: sent.append(n))
    backlog = a.link.backlog
    a.until(lambda: len(a.heard) == 500 and not a.link.backlog)

    assert (backlog, sent == list(range(500)), payloads(a) == " ".join(map(str, range(500)))) == (500, True, True)


@pytest.mark.broker
@pytest.mark.mosquitto
def test_message_ids_go_round_without_meeting(mosquitto: PrivateBroker, dial: Dial, monkeypatch: Any) -> None:
    monkeypatch.setattr(traffic, "HIGHEST", traffic.LOWEST + 9)
    sent: list[int] = []
    a = dial(mosquitto)
    a.link.traffic.window = 6
    for number in range(100):
        a.link.publish("round/t", b"", on_sent=lambda n=number: sent.append(n))
    a.until(lambda: len(sent) == 100)

    assert sent == list(range(100))


@pytest.mark.broker
def test_what_is_sent_on_connecting_goes_in_order(broker: PrivateBroker, dial: Dial) -> None:
    a = dial(broker, up=False)

    def on_up(present: bool) -> None:
        a.link.subscribe(["order/t"])
        a.link.publish("order/t", b"mine")

    a.link.on_up = on_up
    a.until(lambda: a.heard)

    assert payloads(a) == "mine"


@pytest.mark.broker
@pytest.mark.parametrize("size", [0, 1, 127, 128, 16_384, 2_000_000])
def test_a_message_of_any_size(broker: PrivateBroker, dial: Dial, size: int) -> None:
    a = dial(broker)
    a.subscribe("size/t")
    a.publish("size/t", "x" * size)
    a.until(lambda: a.heard)

    assert a.heard[0].payload == b"x" * size


@pytest.mark.broker
@pytest.mark.parametrize("topic", ["", "a/+", "a/#", "a\0b", "x" * 65536])
def test_a_topic_that_is_none_is_refused_here(broker: PrivateBroker, dial: Dial, topic: str) -> None:
    a = dial(broker)

    with pytest.raises(ValueError, match="not a topic"):
        a.link.publish(topic, b"")


@pytest.mark.broker
def test_a_message_that_no_broker_of_ours_takes_is_refused_here(broker: PrivateBroker, dial: Dial) -> None:
    a = dial(broker)

    with pytest.raises(ValueError, match="too large"):
        a.link.publish("t", bytes(LARGEST))


@pytest.mark.broker
def test_quality_0_is_sent_without_an_answer(broker: PrivateBroker, dial: Dial) -> None:
    sent: list[bool] = []
    a = dial(broker)
    a.subscribe("q0/t")
    a.link.publish("q0/t", b"x", on_sent=lambda: sent.append(True), qos=0)
    a.until(lambda: a.heard)

    assert (sent, payloads(a), a.link.backlog) == ([True], "x", 0)


@pytest.mark.broker
def test_a_last_will_when_killed(broker: PrivateBroker, dial: Dial) -> None:
    b = dial(broker)
    b.subscribe("will/t")
    child = os.fork()
    if not child:
        try:
            ups: list[bool] = []
            a = Link(
                broker.nearest,
                "killed",
                on_up=ups.append,
                on_down=lambda _: None,
                on_message=lambda _: None,
                will=Will("will/t", b"lost"),
            )
            a.connect()
            while not ups:
                a.step(1)
            os.kill(os.getpid(), signal.SIGKILL)
        finally:
            os._exit(1)
    os.waitpid(child, 0)
    b.until(lambda: b.heard)

    assert payloads(b) == "lost"


@pytest.mark.broker
@pytest.mark.mosquitto
def test_a_broker_that_was_killed_is_found_again(tmp_path: Path, dial: Dial) -> None:
    with private.start(tmp_path, "mosquitto", port=0) as broker:
        a = dial(broker)
        os.kill(broker.pid, signal.SIGKILL)
        a.until(lambda: a.downs)
        broker.restart()
        a.until(lambda: len(a.ups) == 2)
        a.subscribe("t")
        a.publish("t", "x")
        a.until(lambda: a.heard)

    assert (payloads(a), a.link.why) == ("x", "")


@pytest.mark.broker
def test_small_packets_leave_at_once(broker: PrivateBroker, dial: Dial) -> None:
    a = dial(broker.url)
    sock = a.link._pipe.sock

    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert select.select([], [sock], [], 1)[1]
