"""What takes bytes from outside, each with good input to begin with, and with what it owes for bad input."""

from __future__ import annotations

import json
import socket
from dataclasses import replace
from datetime import timedelta
from typing import Any

import yaml
from byte_ground import NOW, tells_why
from fuzzing import WILD, Target
from kept_bytes import a_node_s_file, claim, database, hand, log, note_of_a_run
from written_bytes import env, flow, script, secret, tariff

from wattwire.broker.envelope import begin, loads
from wattwire.broker.pipe import Broken, Pipe
from wattwire.broker.traffic import Traffic
from wattwire.flows.engine import ownership
from wattwire.flows.engine.callers import _json
from wattwire.flows.engine.listening import read as asked
from wattwire.flows.engine.loading import shipped_flows
from wattwire.flows.engine.reading import Core
from wattwire.nodes.gx_topics import note, written
from wattwire.nodes.payload import read_json


def envelope(data: bytes) -> None:
    try:
        it = loads(data, NOW)
    except ValueError as wrong:
        tells_why(wrong)
        return
    again = loads(it.dumps(), NOW)
    assert replace(again, at=it.at) == it or not it.source
    assert abs(again.at - it.at) < timedelta(milliseconds=1)  # finer ones are not written
    onward = it.onward("a.b", it.body, NOW)
    loads(onward.carried("a.b>c.d", {"a.b>c.d": 1}, it.body).dumps(), NOW)


def packets(data: bytes) -> None:
    """However the bytes are cut up on their way, the same packets come of them; or else the connection is of no use."""
    assert _packets(data, len(data) or 1) == _packets(data, 3)


def _packets(data: bytes, size: int) -> list[Any]:
    ours, theirs = socket.socketpair()
    pipe, traffic, found = Pipe(ours), Traffic(10), list[Any]()
    try:
        for at in range(0, len(data), size):
            pipe._in += data[at : at + size]
            for first, body in pipe.packets():
                if first >> 4 == 3:
                    message = traffic.read(first, body, 1)
                    found.append((message.topic, message.payload, message.qos, message.mid))
                elif first >> 4 == 4:
                    traffic.taken(pipe, body)
                    found.append(body)
    except Broken:
        found.append("broken")
    finally:
        ours.close()
        theirs.close()
    assert len(pipe._in) < 8 * 1024 * 1024 + 10
    return [*found, bytes(pipe.cold)] if "broken" not in found else found


def gx(data: bytes) -> None:
    told = note("N/c0ffee/system/0/Serial", data)
    assert told is None or told.portal == "c0ffee"
    written("W/c0ffee/settings/0/x", data)


def payload(data: bytes) -> None:
    try:
        read_json(data)
    except ValueError as wrong:
        tells_why(wrong)


def reply(data: bytes) -> None:
    json.dumps(_json(data.decode("utf-8", "replace")), allow_nan=False)


def request(data: bytes) -> None:
    text = data.decode("latin-1")
    told = asked("POST", f"/{text}", {"content-type": "application/json", "x": text}, data)
    json.dumps([told.json, told.path, told.query])
    asked("POST", "/", {"Content-Type": "application/x-www-form-urlencoded"}, data)


def _tree(data: bytes) -> Any:
    return yaml.load(data, Loader=Core)


def _lines(data: bytes) -> Any:
    return [json.loads(line) for line in data.splitlines()]


def _joined(tree: Any) -> bytes:
    return b"\n".join(json.dumps(line).encode() for line in (tree if isinstance(tree, list) else [tree]))


WIRE = [
    begin("a.b", {"at": "2026-11-20T12:00:00Z", "x": [1, {"y": None}]}, NOW, "1").dumps(),
    begin("a.b", 1, NOW, "2").carried("a.b>c.d", {"a.b>c.d": 2}, "text").dumps(),
    b'{"at":"2026-11-20T12:00:00Z"}',
    b"null",
]
PUBLISH = b"\x32\x0c\x00\x03a/b\x00\x07hello"[:14] + b"\x40\x02\x04\x01\x30\x05\x00\x01tok\xd0\x00\x90\x03\x00\x01\x01"
SCRIPT = b"\n".join(
    json.dumps(line).encode()
    for line in (
        {"at": "2026-11-20T12:00:00Z", "to": "s.body", "body": {"n": 1}},
        {"at": "2026-11-20T12:00:01Z", "reply": {"node": "s", "status": 200, "json": {}, "headers": {"a": "b"}}},
        {"at": "2026-11-20T12:00:02Z", "crash": "s"},
        {"at": "2026-11-20T12:00:03Z", "broker": "down"},
    )
)
FLOWS = tuple(f.read_bytes() for f in shipped_flows().values())
TARIFFS = tuple(
    f.read_bytes() for f in sorted((next(iter(shipped_flows().values())).parent / "tariffs").glob("*.yaml"))
)
CLAIM = ownership.Claim("x", 3, "there", 1, "boot", "wattwire/a/$supervisor/x").dumps()
RUNNING = json.dumps({"url": "mqtt://127.0.0.1:1883", "pid": 1, "admin": "http://127.0.0.1:1", "flow": "a"}).encode()
LOGGED = b'{"at": "2026-11-20T12:00:00Z", "node": "x", "level": "info", "text": "until 18:30 UTC"}\n'


def bytes_targets() -> list[Target]:
    """Made when asked for: some begin with files."""
    of_wild: Any = {"values": tuple(WILD)}
    return [
        Target("flow file", flow, FLOWS, _tree),
        Target("tariff file", tariff, TARIFFS, _tree),
        Target(".env file", env, (b"A=b\nexport C='d e'\nE=\"f\\n\" # g\nK_FILE=/tmp/x\n",), None),
        Target("secret file", secret, (b"sk_live_1\n", b"two\nlines"), None),
        Target("envelope", envelope, tuple(WIRE), **of_wild),
        Target("MQTT packets", packets, (PUBLISH,), None),
        Target("GX payload", gx, (b'{"value": 12.5}', b'{"value":"x","full-publish-completed-echo":"e"}'), **of_wild),
        Target("other people's payload", payload, (b'{"power": 12}',), **of_wild),
        Target("script", script, (SCRIPT,), _lines, _joined, tuple(WILD)),
        Target("node's file", database, (a_node_s_file(),), None),
        Target("file of tries", hand, (b'{"a|b|c": 2}',), **of_wild),
        Target("note of a run", note_of_a_run, (RUNNING,), **of_wild),
        Target("owner's claim", claim, (CLAIM,), **of_wild),
        Target("log", log, (LOGGED,), **of_wild),
        Target("HTTP reply", reply, (b'{"data": [1, null]}',), **of_wild),
        Target("HTTP request", request, (b'{"data": [1, null]}',), **of_wild),
    ]  # fmt: skip
