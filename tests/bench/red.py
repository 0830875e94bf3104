"""Node-RED, run with a flow that does what ours does."""

from __future__ import annotations

import json
import os
import socket
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from subprocess import Popen
from typing import Any

from wattwire.flows.engine.graph import Flow

from .peers import node_red, nodelay
from .processes import ended, listened, started

SETTINGS = """\
module.exports = {
  uiPort: %d, uiHost: "127.0.0.1", flowFile: "flows.json", credentialSecret: false,
  telemetry: {enabled: false, updateNotification: false}, diagnostics: {enabled: false}, editorTheme: {tours: false},
  logging: {console: {level: "info", metrics: false, audit: false}},
};
"""


@contextmanager
def node_red_running(flow: Sequence[dict[str, Any]], patched: bool = False) -> Iterator[tuple[Popen[str], float]]:
    """Its process, and the seconds until it said that its flows were started."""
    program = node_red()
    with tempfile.TemporaryDirectory(prefix="node-red-bench-") as folder:
        home = Path(folder)
        (home / "settings.js").write_text(SETTINGS % _free())
        (home / "flows.json").write_text(json.dumps(flow))
        preload = ["--require", str(nodelay())] if patched else []
        began = time.monotonic()
        command = ["node", *preload, str(program), "--userDir", folder, "--settings", str(home / "settings.js")]
        process = started(command, env={**os.environ, "NODE_RED_DISABLE_TELEMETRY": "true"})
        try:
            listened(process, lambda line: "Started flows" in line)
            yield process, time.monotonic() - began
        finally:
            ended(process)


def segments(port: int, topics: Sequence[str]) -> list[dict[str, Any]]:
    """mqtt in -> switch -> mqtt out, once for each hop: QoS 1, parsed and written again, as our `switch` does."""
    broker = {"id": "broker", "type": "mqtt-broker", "broker": "127.0.0.1", "port": str(port), "autoConnect": True,
              "protocolVersion": "4", "keepalive": "60", "cleansession": True}  # fmt: skip
    flow: list[dict[str, Any]] = [{"id": "tab", "type": "tab", "label": "bench"}, broker]
    for i, (source, target) in enumerate(pairwise(topics)):
        flow += [
            {"id": f"in{i}", "type": "mqtt in", "z": "tab", "broker": "broker", "topic": source, "qos": "1",
             "datatype": "json", "wires": [[f"switch{i}"]]},
            {"id": f"switch{i}", "type": "switch", "z": "tab", "property": "payload.n", "propertyType": "msg",
             "rules": [{"t": "gt", "v": "-2", "vt": "num"}], "checkall": "true", "outputs": 1, "wires": [[f"out{i}"]]},
            {"id": f"out{i}", "type": "mqtt out", "z": "tab", "broker": "broker", "topic": target, "qos": "1",
             "retain": "false", "wires": []},
        ]  # fmt: skip
    return flow


def as_large(ours: Flow) -> list[dict[str, Any]]:
    """A function node for each of our nodes, and a wire, or a delay, for each of our edges. Nothing ever comes in."""
    flow: list[dict[str, Any]] = [{"id": "tab", "type": "tab", "label": "bench"}]
    wires: dict[str, list[str]] = {name: [] for name in ours.nodes}
    for i, edge in enumerate(ours.edges):
        source, target = edge.source.partition(".")[0], edge.to.partition(".")[0]
        if edge.plain:
            wires[source].append(target)
            continue
        wires[source].append(f"delay{i}")
        flow.append({"id": f"delay{i}", "type": "delay", "z": "tab", "pauseType": "delay", "timeout": "60",
                     "timeoutUnits": "seconds", "wires": [[target]]})  # fmt: skip
    for name, targets in wires.items():
        body = "msg.payload = {at: new Date().toISOString(), why: context.get('last')};\nreturn msg;"
        flow.append({"id": name, "type": "function", "z": "tab", "func": body, "outputs": 1, "wires": [targets]})
    return flow


def _free() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])
