"""HTTP calls to servers that answer bit by bit: each has a limit in time as a whole, wherever the answer stands."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing
from itertools import chain, repeat
from queue import Queue

import pytest

from wattwire.flows.engine.budgets import Budgets
from wattwire.flows.engine.callers import Caller
from wattwire.flows.engine.deadline import Deadline
from wattwire.nodes import Reply, Request

OFTEN = 0.05  # seconds between two parts: less than any limit
HEAD = b"HTTP/1.1 200 OK\r\n"
WHOLE = HEAD + b"content-length: 4\r\n\r\ntrue"


class Slow:
    """Answers each request with the parts of the next answer. Nobody's connection is closed."""

    def __init__(self, *answers: Iterator[bytes]) -> None:
        self._answers, self._over = iter(answers), threading.Event()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}/"
        self.visits = 0
        threading.Thread(target=self._open, daemon=True).start()

    def __enter__(self) -> Slow:
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._door.close()

    def _open(self) -> None:
        while not self._over.is_set():
            try:
                caller, _ = self._door.accept()
            except OSError:
                return
            self.visits += 1
            threading.Thread(target=self._serve, args=(caller,), daemon=True).start()

    def _serve(self, caller: socket.socket) -> None:
        with caller:
            try:
                while caller.recv(65536):
                    for part in next(self._answers):
                        caller.sendall(part)
                        if self._over.wait(OFTEN):
                            return
            except OSError:
                return


def called(caller: Caller, url: str, timeout: float) -> Reply:
    answers = Queue[Reply]()
    caller.start(Request(method="GET", url=url, timeout=timeout), answers.put)
    return answers.get(timeout=30)


@pytest.mark.parametrize(
    "endless",
    [
        chain([HEAD], repeat(b"x-more: 1\r\n")),
        repeat(b"HTTP/1.1 102 Processing\r\n\r\n"),
        chain([HEAD + b"\r\n"], repeat(b" ")),
        chain([HEAD + b"transfer-encoding: chunked\r\n\r\n1"], repeat(b";a")),
    ],
    ids=["headers", "not yet", "body", "between chunks"],
)
def test_an_answer_without_an_end_is_no_answer(endless: Iterator[bytes]) -> None:
    with Slow(endless, iter([WHOLE])) as server, closing(Caller({}, Budgets("f"))) as caller:
        replies = [called(caller, server.url, 0.3), called(caller, server.url, 9.0)]

    assert [(reply.status, reply.why, reply.json) for reply in replies] == [
        (0, "no answer within 0.3 s", None),
        (200, "", True),
    ]


def test_each_call_of_a_connection_that_is_kept_has_its_own_limit() -> None:
    slow = [WHOLE[n : n + 3] for n in range(0, len(WHOLE), 3)]  # 0.7 s: less than the limit, six of them are more
    with Slow(*(iter(slow) for _ in range(6))) as server, closing(Caller({}, Budgets("f"))) as caller:
        replies = [called(caller, server.url, 3.5) for _ in range(6)]

    assert [reply.json for reply in replies] == [True] * 6
    assert server.visits == 1


def test_a_client_that_cannot_be_made_is_an_answer_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Deadline, "heed", lambda *_: dict[str, int]()["gone"])
    with closing(Caller({}, Budgets("f"))) as caller:
        reply = called(caller, "http://127.0.0.1:9", 1.0)

    assert (reply.status, reply.why) == (0, "no call can be made: KeyError: 'gone'")
