"""The link of a node: what it promises its owner over losses, kills and refusals."""

import os
import select
import signal
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from wattwire.broker import private, traffic
from wattwire.broker.doors import free_port, greets
from wattwire.broker.link import Link
from wattwire.broker.pipe import LARGEST
from wattwire.broker.private import PrivateBroker
from wattwire.broker.tether import waited
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
    a.link.window = 7
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


def test_waiting_can_be_ended_from_another_thread() -> None:
    a = Link("mqtt://127.0.0.1", "w", on_up=print, on_down=print, on_message=print)
    threading.Timer(0.05, a.wake).start()
    began = time.monotonic()
    a.step(10)
    took = time.monotonic() - began
    a.close()

    assert took < 5


def test_others_can_be_waited_for_too() -> None:
    a = Link("mqtt://127.0.0.1", "w", on_up=print, on_down=print, on_message=print)
    ours, theirs = socket.socketpair()
    nothing = a.step(0, (ours.fileno(),))
    theirs.send(b"x")
    ready = a.step(1, (ours.fileno(),))
    dropped = a.step(0, ())
    a.close()

    assert (nothing, ready == [ours.fileno()], dropped) == ([], True, [])


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("mqtt://127.0.0.1:1", "nobody answers there: connection refused"),
        ("mqtt://no-such-host.invalid", "the broker's name cannot be looked up"),
        ("unix:///no/such/socket", "nobody answers there: the socket does not exist"),
        ("mqtts://127.0.0.1:1?ca=/no/such.pem", "the certificates in /no/such.pem cannot be read: No such file"),
    ],
)
def test_why_there_is_no_connection_is_said_once(url: str, why: str, dial: Dial) -> None:
    a = dial(url, up=False)
    a.until(lambda: a.link.pause.span > 0.5)  # three attempts

    assert [why in said for said in a.downs] == [True]


def test_pauses_grow_to_five_seconds(dial: Dial) -> None:
    a = dial("unix:///no/such/socket", up=False)
    pauses = []
    for _ in range(8):
        a.link._due = 0.0
        a.link.step(0)
        pauses.append(a.link.pause.span)

    assert pauses == [0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0, 5.0]


def test_a_broker_that_never_answers_does_not_hold_up_the_loop(dial: Dial) -> None:
    with socket.socket() as mute:
        mute.bind(("127.0.0.1", 0))
        mute.listen(5)
        a = dial(f"mqtt://127.0.0.1:{mute.getsockname()[1]}", up=False)
        a.until(lambda: a.link._pipe)
        began = time.monotonic()
        a.link.step(0.01)
        took = time.monotonic() - began
        a.link._limit = a.link._misc = 0.0
        a.link.step(0)

    assert (took < 1, a.downs) == (True, ["the broker does not answer"])


def test_a_queue_at_the_door_of_a_broker_that_hangs_does_not_hold_up_the_loop(dial: Dial, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as mute, socket.socket(socket.AF_UNIX) as first:
        mute.bind(str(tmp_path / "door"))
        mute.listen(0)
        first.connect(str(tmp_path / "door"))
        a = dial(f"unix://{tmp_path}/door", up=False)
        a.until(lambda: a.downs)

    assert a.downs == ["the broker does not answer"]


def test_a_broker_that_falls_silent_is_given_up() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen(1)
        downs: list[str] = []
        ups: list[bool] = []
        a = Link(
            f"mqtt://127.0.0.1:{server.getsockname()[1]}",
            "s",
            on_up=ups.append,
            on_down=downs.append,
            on_message=print,
            keepalive=1,
        )
        a.connect()
        while a._pipe is None:
            a.step(0.1)
        silent, _ = server.accept()
        silent.sendall(b"\x20\x02\0\0")
        while not downs:
            a.step(1)
        a.close()
        silent.close()

    assert (ups, downs) == ([False], ["the broker is silent"])


@pytest.fixture
def guarded(tmp_path: Path) -> Iterator[str]:
    """A mosquitto that wants a password and speaks TLS with a certificate nobody knows."""
    port, tls, program = free_port(0), free_port(0), private.find_mosquitto()
    assert program
    run = {"cwd": tmp_path, "check": True, "capture_output": True}
    subprocess.run(["mosquitto_passwd", "-c", "-b", "users", "me", "p@ss"], **run)  # type: ignore[call-overload]
    make = "openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out cert.pem -days 2 -subj /CN=localhost"
    subprocess.run([*make.split(), "-addext", "subjectAltName=DNS:localhost"], **run)  # type: ignore[call-overload]
    (tmp_path / "key.pem").chmod(0o644)
    (tmp_path / "m.conf").write_text(
        f"allow_anonymous false\npassword_file {tmp_path}/users\nlistener {port} 127.0.0.1\n"
        f"listener {tls} localhost\ncertfile {tmp_path}/cert.pem\nkeyfile {tmp_path}/key.pem\nuser root\n"
    )
    child = subprocess.Popen([program, "-c", str(tmp_path / "m.conf")], stderr=subprocess.DEVNULL)
    assert waited(lambda: answers(port), 30)
    yield f"{port} {tls}"
    child.kill()
    child.wait()


def answers(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) == 0 and not greets(port)


@pytest.mark.broker
@pytest.mark.mosquitto
@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("mqtt://me:p%40ss@127.0.0.1:{port}", ""),
        ("mqtt://me:wrong@127.0.0.1:{port}", "the broker refuses us: not authorized (user, password or client id)"),
        ("mqtt://127.0.0.1:{port}", "the broker refuses us: not authorized (user, password or client id)"),
        ("mqtts://me:p%40ss@localhost:{tls}?ca={folder}/cert.pem", ""),
        ("mqtts://me:p%40ss@localhost:{tls}?insecure=1", ""),
        ("mqtts://me:p%40ss@localhost:{tls}", "the broker's certificate is not trusted: self-signed certificate"),
        ("mqtts://me:p%40ss@127.0.0.1:{tls}?ca={folder}/cert.pem", "the broker's certificate is not trusted: IP"),
        ("mqtts://me:p%40ss@localhost:{port}", "nobody there speaks our language"),
    ],
)
def test_passwords_and_certificates(guarded: str, tmp_path: Path, dial: Dial, url: str, why: str) -> None:
    port, tls = guarded.split()
    a = dial(url.format(port=port, tls=tls, folder=tmp_path), up=False)
    a.until(lambda: a.ups or a.downs)
    if a.ups:
        a.subscribe("t")
        a.publish("t", "x" * 300_000)
        a.until(lambda: a.heard)

    assert [len(m.payload) for m in a.heard] == ([300_000] if not why else [])
    assert [said[: len(why)] for said in a.downs] == ([why] if why else [])


@pytest.mark.broker
def test_small_packets_leave_at_once(broker: PrivateBroker, dial: Dial) -> None:
    a = dial(broker.url)
    sock = a.link._pipe.sock

    assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
    assert select.select([], [sock], [], 1)[1]
