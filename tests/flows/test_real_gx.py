"""What only a real broker can show of a GX: certificate, password, last will, and how quickly a lease is written."""

from __future__ import annotations

import getpass
import json
import select
import shutil
import subprocess
from collections import deque
from collections.abc import Callable, Iterator
from pathlib import Path
from time import monotonic
from typing import Any

import pytest
from click.testing import CliRunner
from rig import Rig

from wattwire.broker.doors import free_port, greets
from wattwire.broker.link import Link, Message
from wattwire.broker.private import find_mosquitto
from wattwire.broker.tether import waited
from wattwire.flows.__main__ import main
from wattwire.flows.engine.inputs import Input
from wattwire.flows.engine.loading import load_text
from wattwire.flows.engine.outer import HANGS, Outer
from wattwire.nodes import Dial, Due, Event, Linked, Say, Secret, Will, gx_dial, victron_gx
from wattwire.nodes.gx_topics import slot_path

TOOLS = find_mosquitto() and shutil.which("openssl") and shutil.which("mosquitto_passwd")
pytestmark = [
    pytest.mark.broker,
    pytest.mark.mosquitto,
    pytest.mark.skipif(not TOOLS, reason="mosquitto, mosquitto_passwd or openssl is not installed"),
]
PASSWORD = "gx-secret"


def certificate(folder: Path, name: str) -> Path:
    """Self-signed, for venus.local, as a GX makes its own."""
    key, cert = folder / f"{name}.key", folder / f"{name}.pem"
    make = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "36500", "-subj", "/CN=venus.local"]
    subprocess.run([*make, "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert


class Gx:
    """mosquitto as the door of a GX: TLS only, and a password."""

    def __init__(self, folder: Path) -> None:
        self.port, self.log, self.cert = free_port(0), folder / "log", certificate(folder, "gx")
        self.other = certificate(folder, "other")
        users = folder / "users"
        subprocess.run(["mosquitto_passwd", "-b", "-c", users, "any", PASSWORD], check=True, capture_output=True)
        conf = folder / "conf"
        conf.write_text(
            f"user {getpass.getuser()}\nlistener {self.port} 127.0.0.1\ncertfile {self.cert}\n"
            f"keyfile {folder / 'gx.key'}\nallow_anonymous false\npassword_file {users}\nlog_type all\n"
        )
        with self.log.open("wb") as log:
            self.process = subprocess.Popen([str(find_mosquitto()), "-c", conf], stdout=log, stderr=log)
        assert waited(lambda: "running" in self.log.read_text(), 30)

    def dial(self, password: str = PASSWORD, **more: Any) -> Dial:
        cfg = victron_gx.Config(url=f"mqtts://127.0.0.1:{self.port}", user="any", password=Secret(password), **more)
        return gx_dial.dial(cfg)

    def tries(self) -> int:
        return self.log.read_text().count("New connection from")


@pytest.fixture
def gx(tmp_path: Path) -> Iterator[Gx]:
    gx = Gx(tmp_path)
    yield gx
    gx.process.terminate()
    gx.process.wait(40)


class Caller:
    """A node's outer connection, on a loop of its own."""

    def __init__(self, dial: Dial, broker: str = "", queue: deque[Input] | None = None) -> None:
        self.events: list[Event] = []
        self.outer = Outer(dial, broker, "node-outer", self.events.append, queue)

    def turn(self, seconds: float) -> None:
        select.select(self.outer.fds(), [], [], seconds)
        self.outer.step()

    def until(self, done: Callable[[], bool], seconds: float = 10.0) -> None:
        ends = monotonic() + seconds
        while not done():
            assert monotonic() < ends, self.events
            self.turn(0.05)

    def told(self) -> list[Linked]:
        return [e for e in self.events if isinstance(e, Linked)]


def first(dial: Dial, seconds: float = 10.0) -> Linked:
    caller = Caller(dial)
    caller.until(lambda: bool(caller.told()), seconds)
    caller.outer.close()
    return caller.told()[0]


def test_a_gx_whose_certificate_is_pinned_is_spoken_to_though_it_does_not_name_its_address(gx: Gx) -> None:
    assert first(gx.dial(ca=str(gx.cert))) == Linked(True)


def test_a_gx_with_another_certificate_than_the_pinned_one_gets_no_password(gx: Gx) -> None:
    told = first(gx.dial(ca=str(gx.other)))

    assert (told.up, told.denied) == (False, False)
    assert told.why.startswith("the broker's certificate is not trusted: self-signed certificate")


def test_without_a_pin_the_gx_s_own_certificate_is_not_trusted(gx: Gx) -> None:
    assert first(gx.dial()).why.startswith("the broker's certificate is not trusted: self-signed certificate")


def test_without_a_pin_any_certificate_will_do_if_the_flow_says_so(gx: Gx) -> None:
    assert first(gx.dial(insecure=True)) == Linked(True)


def test_a_certificate_is_fetched_once_and_then_only_that_gx_is_trusted(gx: Gx, tmp_path: Path) -> None:
    file = tmp_path / "pinned.pem"
    done = CliRunner().invoke(main, ["gx", "pin", f"mqtts://127.0.0.1:{gx.port}", str(file)])

    assert done.exit_code == 0
    assert file.read_text() == gx.cert.read_text()
    assert first(gx.dial(ca=str(file))) == Linked(True)


def test_a_wrong_password_is_told_and_tried_once_a_minute_at_most(gx: Gx) -> None:
    caller = Caller(gx.dial("wrong", ca=str(gx.cert)))
    caller.until(lambda: bool(caller.told()))
    before, ends = gx.tries(), monotonic() + 3
    while monotonic() < ends:
        caller.turn(0.1)
    caller.outer.close()

    assert [(e.up, e.denied) for e in caller.told()] == [(False, True)]
    assert (before, gx.tries()) == (1, 1)


@pytest.mark.parametrize("turns", [False, True])
def test_a_node_that_hangs_pings_no_more_and_its_will_is_executed(tmp_path: Path, turns: bool) -> None:
    """Its loop hangs altogether, or turns while the node is not called any more."""
    port = free_port(0)
    (tmp_path / "conf").write_text(f"user {getpass.getuser()}\nlistener {port} 127.0.0.1\nallow_anonymous true\n")
    broker = subprocess.Popen([str(find_mosquitto()), "-c", tmp_path / "conf"], stderr=subprocess.DEVNULL)
    assert waited(lambda: greets(port), 30)
    url, heard, queue = f"mqtt://127.0.0.1:{port}", list[Message](), deque[Input]()
    watcher = Link(url, "watcher", on_up=lambda _: None, on_down=lambda _: None, on_message=heard.append)
    watcher.connect()
    caller = Caller(Dial(url=url, keepalive=4), url, queue)
    caller.outer.act(Will(Say("W/gx/Day", {"value": -7})))
    caller.until(lambda: Linked(True) in caller.events)
    while not watcher.up:
        watcher.step(0.05)
    watcher.subscribe(["W/#"])
    kept = monotonic() + 7  # a broker waits for one and a half times as long
    while monotonic() < kept:  # as long as it is called, it keeps its lease
        caller.turn(0.1)
        watcher.step(0.0)
    before = list(heard)
    late = Input(event=Due("look"))
    late.arrived -= HANGS + 1
    queue.append(late)
    ends = monotonic() + 40
    while not heard and monotonic() < ends:
        if turns:
            caller.turn(0.05)
        watcher.step(0.05)
    broker.terminate()
    broker.wait(40)

    assert before == []
    assert [(m.topic, m.payload, m.retain) for m in heard] == [("W/gx/Day", b'{"value":-7}', False)]


HOUSE = """
flow: gx
nodes:
  simGx: {type: simGx, config: {url: "mqtt://flow", heartbeat: 1s, publish: 1s}}
  gx:    {type: victronGx, config: {url: "mqtt://flow", report: 1s}}
ends: [gx.house, gx.confirmed, gx.refused, gx.lost]
"""


def test_a_lease_that_follows_another_is_written_at_once_and_in_effect_with_the_gx_s_next_tick() -> None:
    quiet = HOUSE.replace("heartbeat: 1s, publish: 1s", "heartbeat: 20s, publish: 20s").replace(
        "report: 1s", "report: 5s, silent_after: 60s"
    )  # nothing that the GX says wakes the node
    rig = Rig(load_text(quiet))
    try:
        rig.link.subscribe(["W/#"])
        rig.start()
        rig.until(lambda: any(b["controllable"] for b in rig.bodies("gx.house")), 30)
        until = "2099-01-01T00:00:00Z"
        rig.send("gx.lease", {"mode": "charge", "until": until, "soc": 90, "reason": "cheap", "owner": "test"})
        rig.until(lambda: [b["mode"] for b in rig.bodies("gx.confirmed")] == ["charge"], 40)
        began = monotonic()
        rig.send("gx.lease", {"mode": "hold", "until": until, "reason": "the car draws", "owner": "test"})
        soc = slot_path(4, "Soc")
        rig.until(lambda: any(m.topic.endswith(soc) and json.loads(m.payload)["value"] == 0 for m in rig.heard), 10)
        written = monotonic() - began
        rig.until(lambda: [b["mode"] for b in rig.bodies("gx.confirmed")] == ["charge", "hold"], 20)
        in_effect = monotonic() - began
        retained = [m.topic for m in rig.heard if m.topic.startswith("W/") and m.retain]
    finally:
        rig.stop()

    assert written < 8  # not only with the GX's next word
    assert in_effect < 9.5  # it looks each 5 s
    assert retained == []


def test_killed_the_node_s_lease_is_undone_by_its_will_at_once() -> None:
    rig = Rig(load_text(HOUSE))
    try:
        rig.link.subscribe(["W/#"])
        rig.start()
        rig.until(lambda: any(b["controllable"] for b in rig.bodies("gx.house")), 30)
        rig.send("gx.lease", {"mode": "hold", "until": "2099-01-01T00:00:00Z", "reason": "", "owner": "test"})
        rig.until(lambda: bool(rig.bodies("gx.confirmed")), 20)
        rig.heard.clear()
        rig.kill("gx")
        day = slot_path(4, "Day")
        rig.until(lambda: any(m.topic.endswith(day) and m.payload == b'{"value":-7}' for m in rig.heard), 5)
    finally:
        rig.stop()

    assert [m.topic.rpartition("/")[2] for m in rig.heard if m.topic.startswith("W/")] == ["Day"]
