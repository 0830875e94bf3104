"""The link of a node while there is no broker, or one that says nothing: why, and how it goes on trying."""

import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wattwire.broker.link import Link

Dial = Callable[..., Any]


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

    assert (took < 5, a.downs) == (True, ["the broker does not answer"])


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
