"""tail, send and status on a real run."""

from __future__ import annotations

import errno
import json
import os
import select
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from supervised import Supervised

from wattwire.broker.link import Message
from wattwire.flows.commands.tail import told
from wattwire.flows.engine.glance import brief
from wattwire.flows.engine.visitor import Nobody, broker_of

WATTWIRE = [sys.executable, "-m", "wattwire.flows"]

GRAPH = {
    "nodes": {
        "krakenToken": {
            "ins": {"want": {"secret": False}},
            "outs": {"token": {"secret": True}, "failed": {"secret": False}},
        }
    }
}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supervised]:
    with closing(Supervised(Path(tmp_path_factory.mktemp("look")))) as made:
        made.ready().said("ready: ")
        yield made


def call(run: Supervised, *words: str) -> tuple[int, str, str]:
    done = subprocess.run([*WATTWIRE, *words, "--state", str(run.state)], capture_output=True, text=True, timeout=60)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.broker
def test_status_shows_every_node_by_the_flow_s_name_or_its_file(run: Supervised) -> None:
    code, out, _ = call(run, "status", "moods")
    again = call(run, "status", str(run.file))[1]
    told = json.loads(call(run, "status", "moods", "--json")[1])

    assert code == 0
    assert [line.split()[:3] for line in out.splitlines()[2:]] == [
        ["first", "moody", "ready"],
        ["second", "moody", "ready"],
        ["shown", "debug", "ready"],
        ["edges", "edges", "ready"],
    ]
    assert again == out
    assert {node: it["state"] for node, it in told["nodes"].items()} == dict.fromkeys(
        ["first", "second", "shown", "edges"], "ready"
    )


@pytest.mark.broker
def test_what_is_sent_is_seen_by_tail(run: Supervised) -> None:
    tail = subprocess.Popen(
        [*WATTWIRE, "tail", "moods", "second.passed", "--json", "--state", str(run.state)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert tail.stdout
    while not select.select([tail.stdout], [], [], 0.3)[0]:  # until it listens, and hears one of these
        assert call(run, "send", "moods", "first.body", '{"n": 1}')[0] == 0
    line = json.loads(tail.stdout.readline())
    tail.send_signal(signal.SIGINT)

    assert tail.wait(30) == 0
    assert (line["from"], line["body"]) == ("second.passed", {"n": 1})
    assert set(line) == {"at", "from", "id", "cause", "root", "body"}


@pytest.mark.broker
@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            ["send", "moods", "first.bodi", "1"],
            2,
            "no in port 'first.bodi'; there are first.body",
        ),
        (["send", "moods", "frist.body", "1"], 2, "there are first.body, second.body, shown.body"),
        (["send", "moods", "first.body", "{"], 2, "not JSON"),
        (["send", "moods", "first.body", "NaN"], 2, "not JSON: NaN is not a JSON number"),
        (["send", "moods", "first.body", "1e999"], 2, "not JSON: 1e999 is larger than any number here"),
        (["send", "moods", "first.body", "[" * 60 + "]" * 60], 2, "not JSON: brackets within brackets"),
        (["send", "moods", "first.body", '{"id": "1", "from": "x", "at": 5, "body": 1}'], 2, "not an envelope"),
        (["tail", "moods", "frist"], 2, "no node 'frist'; there are first, second, shown"),
        (["tail", "moods", "first.pased"], 2, "first has no port 'pased'; there are passed, crashed, body"),
        (["status", "nobody"], 3, "nobody is running nobody here"),
        (["tail", "nobody"], 3, "nobody is running nobody here"),
        (["send", "nobody", "a.b", "1"], 3, "nobody is running nobody here"),
        (["status", "moods", "--broker", "http://x"], 2, "a broker's address begins with mqtt://"),
        (
            ["status", "moods", "--broker", "mqtt://127.0.0.1:1"],
            3,
            "cannot be reached: nobody answers there",
        ),
    ],
)
def test_what_cannot_be_done_is_said_and_told_by_the_exit_code(
    run: Supervised, words: list[str], code: int, said: str
) -> None:
    found, _, wrong = call(run, *words)

    assert found == code
    assert said in " ".join(wrong.split())


@pytest.mark.broker
def test_a_broker_that_does_not_know_the_flow_is_nobody_running_it(run: Supervised) -> None:
    code, _, wrong = call(run, "status", "other", "--broker", str(run.note["url"]))

    assert (code, wrong.startswith("nobody is running other on the broker mqtt://127.0.0.1")) == (3, True)


def message(topic: str, payload: bytes) -> Message:
    return Message(topic, payload, False, 0, 0, False, 1)


@pytest.mark.parametrize("as_json", [True, False])
@pytest.mark.parametrize(
    ("port", "hidden"), [("token", True), ("failed", False), ("in/want", False), ("in/unheard", True)]
)
def test_the_body_of_a_port_that_carries_a_secret_is_never_shown(port: str, hidden: bool, as_json: bool) -> None:
    line = told(message(f"wattwire/f/krakenToken/{port}", b'{"token": "eyJ"}'), GRAPH, as_json, datetime.now(UTC))

    assert ("***" in line, "eyJ" in line) == (hidden, not hidden)


@pytest.mark.parametrize("topic", ["krakenToken/$status", "krakenToken/in/$probe", "$flow", "gone/token", "$waiting/a"])
def test_what_is_no_node_s_message_is_not_shown(topic: str) -> None:
    assert told(message(f"wattwire/f/{topic}", b"{}"), GRAPH, False, datetime.now(UTC)) == ""


@pytest.mark.parametrize(
    ("body", "line"),
    [
        ({"at": "x", "house": 7.0, "band": "cheap", "next": None}, "house 7.0, band cheap"),
        ({"dispatches": [1, 2], "of": {"a": 1}, "on": True}, "dispatches [2], of {…}, on true"),
        ({"why": "w" * 80}, "why " + "w" * 55 + "…"),
        (None, ""),
        ("text", '"text"'),
        ([1, 2], "[1, 2]"),
    ],
)
def test_a_body_in_one_short_line(body: object, line: str) -> None:
    assert brief(body) == line


def test_the_state_folder_of_another_user_is_not_taken_for_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def closed(_: object) -> list[str]:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "listdir", closed)
    with pytest.raises(Nobody, match=f"{tmp_path}/moods is another user's; ask as that user, or with --broker URL"):
        broker_of("moods", tmp_path)
