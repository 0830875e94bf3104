"""What reaches a person, from a flow's process through Apprise to a real HTTP server and a real mail server."""

from __future__ import annotations

import json
import queue
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from watched import Watched

pytestmark = pytest.mark.broker

FLOW = """
flow: told
nodes:
  notify: {type: notify, config: {to: $TO}}
edges:
  - {from: notify.failed, to: notify.say, after: 1s, times: 3, spent: notify.say}
ends: [notify.sent]
"""


class Ntfy(BaseHTTPRequestHandler):
    told: queue.Queue[dict[str, object]]
    works: threading.Event

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.send_response(200 if self.works.is_set() else 503)
        self.end_headers()
        self.wfile.write(b"{}")
        self.told.put(body)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def ntfy() -> Iterator[tuple[str, type[Ntfy]]]:
    handler = type("Ntfy", (Ntfy,), {"told": queue.Queue(), "works": threading.Event()})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"ntfy://user:pass-word@127.0.0.1:{server.server_address[1]}/house", handler
    server.shutdown()


@contextmanager
def running(folder: Path, to: str, flow: str = FLOW) -> Iterator[Watched]:
    folder.mkdir()
    (folder / "key.env").write_text(f"TO={to}\n")
    run = Watched(folder, flow, "--env", str(folder / "key.env")).early().ready()
    try:
        yield run
    finally:
        run.close()


def test_words_arrive_and_what_did_not_is_sent_again(tmp_path: Path, ntfy: tuple[str, type[Ntfy]]) -> None:
    url, server = ntfy
    with running(tmp_path / "a", url) as run:
        run.give("notify.say", {"why": "the key is wrong"})
        first = server.told.get(timeout=40)
        run.came("notify.failed")
        server.works.set()
        again = server.told.get(timeout=40)
        (sent,) = run.came("notify.sent")
        printed = json.dumps(run.bodies("notify.failed"))

    assert (first["message"], again["message"]) == ("the key is wrong", "the key is wrong")
    assert (first["title"], sent["body"]["to"]) == ("wattwire", ["ntfy"])
    assert "pass-word" not in printed


def test_of_several_words_that_did_not_get_there_none_is_lost(tmp_path: Path, ntfy: tuple[str, type[Ntfy]]) -> None:
    url, server = ntfy
    words = ["the key is wrong", "no price is listed"]
    holds_one = FLOW.replace("after: 1s, times: 3, spent: notify.say", "after: 8s")  # Apprise leaves 5.5 s between two
    with running(tmp_path / "a", url, holds_one) as run:
        for word in words:
            run.give("notify.say", {"why": word})
            while server.told.get(timeout=40)["message"] != word:
                pass
        server.works.set()
        run.until(lambda: len(run.bodies("notify.sent")) >= 2)
        arrived = [body["text"] for body in run.bodies("notify.sent")]

    assert sorted(arrived) == sorted(words)


def test_a_mail_arrives(tmp_path: Path) -> None:
    mails: queue.Queue[str] = queue.Queue()
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=post_office, args=(server, mails), daemon=True).start()
        to = f"mailto://127.0.0.1:{server.getsockname()[1]}?from=house@example.com&to=me@example.com&mode=insecure"
        with running(tmp_path / "a", to) as run:
            run.give("notify.say", "no sign of life from the GX")
            mail = mails.get(timeout=40)

    assert "no sign of life from the GX" in mail
    assert "Subject: wattwire" in mail


def post_office(server: socket.socket, mails: queue.Queue[str]) -> None:
    """As much of SMTP as it takes to receive one mail."""
    peer, _ = server.accept()
    with peer, peer.makefile("rw", encoding="utf8", newline="\r\n") as talk:
        told, in_data, mail = {"DATA": "354 go on"}, False, ""
        talk.write("220 here\r\n")
        talk.flush()
        for line in talk:
            if in_data:
                mail += line
                if line != ".\r\n" and line != ".\n":
                    continue
                in_data = False
                mails.put(mail)
            word = line.strip().upper()
            in_data = in_data or word == "DATA"
            talk.write(f"{told.get(word, '250 fine')}\r\n")
            talk.flush()


def test_a_wrong_address_is_said_without_the_address(tmp_path: Path) -> None:
    with running(tmp_path / "a", "nonsense-with-a-password") as run:
        failed = run.came("notify.failed")[0]

    assert failed["body"]["why"] == "address 1 of to is none that Apprise understands"
    assert "nonsense" not in json.dumps(failed)
