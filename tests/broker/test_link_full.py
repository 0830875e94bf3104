"""A connection that takes no more for now, of a link that is waited for on another's loop."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Iterator

import pytest

from wattwire.broker.link import Link

LARGE = 4_000_000  # bytes: more than any socket holds


class Busy:
    """A broker that says hello, and then reads nothing until it may."""

    def __init__(self) -> None:
        self.door = socket.create_server(("127.0.0.1", 0))
        self.url = f"mqtt://127.0.0.1:{self.door.getsockname()[1]}"
        self.may, self.read = threading.Event(), 0
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        caller, _ = self.door.accept()
        with caller:
            caller.recv(65536)
            caller.sendall(b"\x20\x02\x00\x00")
            self.may.wait()
            while got := caller.recv(65536):
                self.read += len(got)


@pytest.fixture
def busy() -> Iterator[Busy]:
    broker = Busy()
    yield broker
    broker.may.set()
    broker.door.close()


@pytest.fixture
def link(busy: Busy) -> Iterator[Link]:
    ups = list[bool]()
    made = Link(busy.url, "a", on_up=ups.append, on_down=lambda _: None, on_message=lambda _: None)
    made.connect()
    while not ups:
        made.step(5.0)
    yield made
    made.close(farewell=False)


def some_come(fds: list[int], seconds: float) -> bool:
    return bool(select.select(fds, [], [], seconds)[0])


def test_it_goes_on_as_soon_as_the_connection_takes_more(busy: Busy, link: Link) -> None:
    usual = link.fds()
    link.publish("large", bytes(LARGE), qos=0)
    stuck = not some_come(link.fds(), 0)
    busy.may.set()
    while (fds := link.fds()) != usual:
        assert some_come(fds, 10)
        link.step(0, more=True)

    assert stuck
    assert link._pipe
    assert not link._pipe.out
    assert not some_come(link.fds(), 0)


def test_one_that_is_lost_meanwhile_is_waited_for_no_more(busy: Busy, link: Link) -> None:
    link.publish("large", bytes(LARGE), qos=0)
    full = link.fds()
    link._lost("for the test")

    assert len(link.fds()) == len(full) - 2
    assert not some_come(link.fds(), 0)
