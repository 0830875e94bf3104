"""Other people's nodes, and what the contract promises them, in real processes."""

from __future__ import annotations

import json
import os
import queue
import signal
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from watched import Watched

pytestmark = [pytest.mark.broker, pytest.mark.usefixtures("hosting")]

Runs = Callable[..., Watched]


PARROT = """
flow: birds
nodes:
  parrot: {type: parrot, config: {greeting: good morning}}
  shown:  {type: debug}
edges:
  - {from: parrot.said,    to: shown.body}
  - {from: parrot.crashed, to: shown.body}
"""


def words(run: Watched) -> list[str]:
    return [body["word"] for body in run.bodies("parrot.said")]


def test_an_adapter_with_its_own_serve_receives_and_emits_and_is_started_again_when_it_breaks(runs: Runs) -> None:
    run = runs(PARROT).early().ready()
    run.came("parrot.said")
    for word in ("one", "crash", "two"):
        run.give("parrot.word", {"word": word})
    run.until(lambda: "word: two" in words(run), 30)
    crashed = run.came("parrot.crashed")

    assert [word for word in words(run) if word not in ("again", "good morning")] == ["word: one", "word: two"]
    assert crashed[0]["body"]["why"].startswith("RuntimeError at parrot.py:")  # and not what it was given
    assert run.status("parrot", "ready", restarts=3)  # so often it was tried


def test_the_nodes_have_one_process_where_that_is_what_is_tested(runs: Runs, request: pytest.FixtureRequest) -> None:
    run = runs(PARROT).ready()
    pids = {run.status(node, "ready")["pid"] for node in ("parrot", "shown")}

    assert request.node.callspec.params["hosting"] == ("shared" if len(pids) == 1 else "isolated")


def test_what_an_adapter_has_in_hand_when_it_is_killed_comes_again(runs: Runs) -> None:
    run = runs(PARROT).early().ready()
    run.came("parrot.said")
    run.give("parrot.word", {"word": "wait"})
    run.until(lambda: "waiting" in words(run))
    run.give("parrot.word", {"word": "later"})
    run.kill("parrot")
    run.until(lambda: words(run).count("noticed") >= 2)
    run.kill("parrot")
    run.until(lambda: words(run).count("noticed") >= 3)

    assert "word: later" not in words(run)  # one after the other


def test_what_an_adapter_emits_for_an_input_belongs_to_its_chain_and_comes_again_as_the_same(runs: Runs) -> None:
    run = runs(PARROT).early().ready()
    run.came("parrot.said")
    given = {"id": "g1", "root": "r1", "cause": "c1", "from": "me.here", "at": "2026-11-20T12:00:00Z", "attempts": {}}
    run.link.publish("wattwire/birds/parrot/in/word", json.dumps({**given, "body": {"word": "wait"}}).encode())
    run.until(lambda: "waiting" in words(run))
    run.kill("parrot")
    run.until(lambda: words(run).count("noticed") == 2)
    by = {it["id"]: (it["body"]["word"], it["root"], it["cause"]) for it in run.sent("parrot.said")}

    assert [it for it in by.values() if it[0] == "waiting"] == [("waiting", "r1", "g1")]
    assert {cause for word, _, cause in by.values() if word == "noticed"} == {""}


def test_an_adapter_whose_serve_returns_is_no_adapter_that_is_ready(runs: Runs) -> None:
    run = runs("flow: end\nnodes:\n  q: {type: quitter}\nends: [q.said, q.crashed]\n").early()
    crashed = run.came("q.crashed")

    assert crashed[0]["body"]["why"].startswith("ServeHasReturned at ")
    assert run.status("q", "crashed")["fill"] == "red"


class Mute:
    """An HTTP server that takes requests and never answers the first; later ones it does."""

    def __init__(self) -> None:
        self.requests: queue.Queue[bytes] = queue.Queue()
        self._door = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._door.getsockname()[1]}/"
        self._held: list[socket.socket] = []
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                guest, _ = self._door.accept()
            except OSError:
                return
            asked = guest.recv(65536)
            if self._held:
                guest.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}")
            self._held.append(guest)
            self.requests.put(asked)

    def close(self) -> None:
        self._door.close()


@pytest.fixture
def mute() -> Iterator[Mute]:
    made = Mute()
    yield made
    made.close()


CAREFUL = """
flow: commands
nodes:
  careful: {type: careful, config: {url: URL}}
ends: [careful.done, careful.unsure]
"""


def test_a_call_that_must_not_be_repeated_ends_in_unknown_when_its_process_is_killed(runs: Runs, mute: Mute) -> None:
    run = runs(CAREFUL.replace("URL", f'"{mute.url}"')).early().ready()
    run.give("careful.do", None)
    mute.requests.get(timeout=40)
    run.kill("careful")
    run.came("careful.unsure")
    run.give("careful.do", None)
    run.came("careful.done")
    mute.requests.get(timeout=40)

    assert [len(run.sent(port)) for port in ("careful.unsure", "careful.done")] == [1, 1]
    assert mute.requests.empty()


@pytest.mark.mosquitto  # with another broker the input dies, too
def test_a_call_that_must_not_be_repeated_is_not_when_the_supervisor_is_killed_with_it(runs: Runs, mute: Mute) -> None:
    flow = CAREFUL.replace("URL", f'"{mute.url}"')
    run = runs(flow).early().ready()
    run.give("careful.do", None)
    mute.requests.get(timeout=40)
    os.kill(run.process.pid, signal.SIGKILL)
    run.end()
    again = runs(flow).early().ready()
    again.came("careful.unsure")

    assert mute.requests.empty()
