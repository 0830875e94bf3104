"""The admin port of a real run, as Prometheus meets it."""

from __future__ import annotations

import json
import os
import re
import signal
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from supervised import Supervised

pytestmark = pytest.mark.broker


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Supervised]:
    with closing(Supervised(Path(tmp_path_factory.mktemp("admin")))) as made:
        made.ready().said("ready: ")
        yield made


def get(run: Supervised, path: str, host: str = "") -> tuple[int, str]:
    request = urllib.request.Request(str(run.note["admin"]) + path, headers={"host": host} if host else {})
    try:
        with urllib.request.urlopen(request, timeout=30) as reply:
            return int(reply.status), reply.read().decode()
    except urllib.error.HTTPError as refused:
        return refused.code, refused.read().decode()


def numbers(run: Supervised, path: str) -> tuple[int, str]:
    """Asked again as long as a busy machine keeps a node from answering in time."""
    told = 503, ""

    def answers() -> bool:
        nonlocal told
        told = get(run, path)
        return told[0] != 503

    run.until(answers)
    return told


def values(text: str, name: str) -> dict[str, float]:
    """Of a metric: its value by node."""
    return {node: float(v) for node, v in re.findall(rf'^{name}{{flow="moods",node="(\w+)"}} (\S+)$', text, re.M)}


def test_discovery_names_every_node_the_edges_and_the_supervisor_as_targets_of_their_own(run: Supervised) -> None:
    status, text = get(run, "/sd")
    told: list[dict[str, Any]] = json.loads(text)
    here = str(run.note["admin"]).removeprefix("http://")

    assert status == 200
    assert {tuple(it["targets"]) for it in told} == {(here,)}
    assert {it["labels"]["node"]: it["labels"]["__metrics_path__"] for it in told} == {
        "supervisor": "/metrics",
        "first": "/metrics/moods/first",
        "second": "/metrics/moods/second",
        "shown": "/metrics/moods/shown",
        "edges": "/metrics/moods/edges",
    }
    assert {it["labels"]["flow"] for it in told} == {"", "moods"}


def test_every_target_answers(run: Supervised) -> None:
    for target in json.loads(get(run, "/sd")[1]):
        status, text = numbers(run, target["labels"]["__metrics_path__"])

        assert status == 200
        assert "# HELP wattwire_" in text


def test_the_supervisor_tells_of_its_nodes(run: Supervised) -> None:
    _, text = get(run, "/metrics")
    everybody = {"first", "second", "shown", "edges"}

    assert values(text, "wattwire_node_up") == dict.fromkeys(everybody, 1.0)
    assert set(values(text, "wattwire_node_restarts_total")) == everybody
    assert set(values(text, "wattwire_node_crashes_total")) == everybody
    sizes = values(text, "wattwire_node_resident_memory_bytes")
    assert set(sizes) == everybody
    assert min(sizes.values()) > 5e6
    assert 'wattwire_broker_info{kind="' in text
    assert "wattwire_broker_up 1.0" in text


def test_a_node_that_is_down_or_mute_is_503_so_that_its_up_is_0(run: Supervised) -> None:
    pid = run.status("second", "ready")["pid"]
    os.kill(pid, signal.SIGSTOP)
    status, text = get(run, "/metrics/moods/second")
    os.kill(pid, signal.SIGCONT)

    assert status == 503
    assert text.startswith("second does not answer")
    assert numbers(run, "/metrics/moods/second")[0] == 200
    assert get(run, "/metrics/moods/nobody")[0] == 404


def test_health_is_200_only_while_all_nodes_are_well(run: Supervised) -> None:
    status, text = get(run, "/health")

    assert (status, json.loads(text)["healthy"]) == (200, True)
    assert json.loads(text)["flows"]["moods"]["nodes"]["first"]["state"] == "ready"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:9480", 200),
        ("127.0.0.1", 200),
        ("[::1]:9480", 200),
        ("evil.example", 403),
        ("evil.example:9480", 403),
    ],
)
def test_a_name_that_is_not_this_machine_s_is_refused(run: Supervised, host: str, status: int) -> None:
    assert get(run, "/metrics", host)[0] == status


def test_it_listens_on_loopback_alone(run: Supervised) -> None:
    port = str(run.note["admin"]).rpartition(":")[2]
    listening = [
        line.split()[1] for line in Path("/proc/net/tcp").read_text().splitlines()[1:] if line.split()[3] == "0A"
    ]

    assert [at for at in listening if at.endswith(f":{int(port):04X}")] == [f"0100007F:{int(port):04X}"]


def test_a_web_server_is_loaded_for_the_first_visitor(tmp_path: Path) -> None:
    run = Supervised(tmp_path)
    try:
        run.ready().said("ready: ")
        loaded = ["aiohttp" in Path(f"/proc/{run.process.pid}/maps").read_text()]
        status, _ = get(run, "/health")
        loaded.append("aiohttp" in Path(f"/proc/{run.process.pid}/maps").read_text())
    finally:
        run.close()

    assert (status, loaded) == (200, [False, True])
