"""wattwire run, as a newcomer meets it: what it says, what it refuses, and its exit codes."""

from __future__ import annotations

import errno
import os
import pty
import re
import select
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from supervised import FLOW, Supervised

from wattwire.broker.doors import free_port
from wattwire.broker.private import find_mosquitto
from wattwire.flows.commands.run import greet, warn
from wattwire.flows.engine import statefolder
from wattwire.flows.engine.loading import load
from wattwire.flows.engine.options import Options

WATTWIRE = [sys.executable, "-m", "wattwire.flows"]

SIM = """
flow: trial
nodes:
  tesla: {type: simTesla}
"""


def call(*words: object, **more: str) -> tuple[int, str]:
    done = subprocess.run(
        [*WATTWIRE, "run", *map(str, words)], capture_output=True, text=True, timeout=60, env=os.environ | more
    )
    return done.returncode, done.stdout + done.stderr


@pytest.fixture
def flow(tmp_path: Path) -> Path:
    file = tmp_path / "flow.yaml"
    file.write_text("flow: small\nnodes:\n  shown: {type: debug}\n")
    return file


def test_a_wrong_flow_is_refused_with_its_reasons(flow: Path) -> None:
    flow.write_text("flow: small\nnodes:\n  shown: {type: debgu}\n")
    code, said = call(flow)

    assert code == 2
    assert re.search(r"flow\.yaml:3:\d+: .*'debgu'; did you mean 'debug'", said)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--only", "shwon"], "--only: no node shwon; there are shown"),
        (["--host", "pi"], "--host: no node of these flows runs on host pi"),
        (["--host", "p i/+#", "--only", "shown"], "--host: 'p i/+#' is not a machine's label"),
        (["--broker", "amqp://x"], "--broker: a broker's address begins with mqtt://"),
        (["--hang", "1"], "--hang"),
        (["--admin", "70000"], "--admin"),
    ],
)
def test_a_wrong_command_line_is_refused_before_anything_starts(flow: Path, options: list[str], reason: str) -> None:
    code, said = call(flow, "--state", flow.parent / "state", *options)

    assert code == 2
    assert reason in said
    assert not (flow.parent / "state").exists()


def test_the_same_flow_twice_is_refused(flow: Path) -> None:
    assert call(flow, flow) == (2, call(flow, flow)[1])
    assert "two of these flows have the same name" in call(flow, flow)[1]


def test_a_state_folder_that_cannot_be_is_said(flow: Path) -> None:
    code, said = call(flow, "--state", "/proc/nowhere")

    assert code == 1
    assert "the state folder /proc/nowhere/small cannot be used" in said


def test_a_file_in_the_place_of_the_state_folder_is_said(flow: Path) -> None:
    (flow.parent / "state").mkdir()
    (flow.parent / "state" / "small").write_text("")
    code, said = call(flow, "--state", flow.parent / "state")

    assert code == 1
    assert "state/small cannot be used: there is a file in its place" in said


def test_a_full_disk_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(statefolder.Unusable, match=f"the state folder {tmp_path} cannot be used: the disk is full"):
        statefolder.prepare(tmp_path)
    with pytest.raises(statefolder.Unusable, match=r"seats\.json cannot be written: the disk is full"):
        statefolder.write(tmp_path / "seats.json", {})

    assert list(tmp_path.iterdir()) == []


def test_the_state_folder_is_for_its_owner_alone(tmp_path: Path) -> None:
    folder = statefolder.prepare(tmp_path / "a" / "b")
    statefolder.write(folder / "seats.json", {"a": 1})

    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "seats.json").stat().st_mode) == 0o600
    assert statefolder.read(folder / "seats.json") == {"a": 1}


@pytest.mark.broker
@pytest.mark.mosquitto
def test_a_broker_that_refuses_us_ends_the_run(flow: Path, tmp_path: Path) -> None:
    with ClosedBroker(tmp_path) as url:
        code, said = call(flow, "--state", tmp_path / "state", "--broker", url)

    assert code == 1
    assert "the broker refuses us: not authorized" in said


@pytest.mark.broker
def test_a_broker_that_is_not_there_yet_is_waited_for(tmp_path: Path) -> None:
    run = Supervised(tmp_path / "a", FLOW, "--broker", "mqtt://127.0.0.1:1")
    try:
        assert run.said("broker: mqtt://127.0.0.1:1: nobody answers there: connection refused; waiting for it")
        run.signal(signal.SIGTERM)
        assert run.end() == 0
    finally:
        run.close()


@pytest.mark.parametrize(
    ("phone", "shadow", "said"),
    [
        ("{topic: a}", False, "Nothing real is changed."),
        ("{topic: a, url: mqtt://192.168.1.5}", False, "STILL REAL: trial.phone."),
        ("{topic: a, url: mqtt://192.168.1.5}", True, "Nothing real is changed."),
    ],
)
def test_what_is_not_simulated_is_said_beside_what_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], phone: str, shadow: bool, said: str
) -> None:
    (tmp_path / "flow.yaml").write_text(f"{SIM}  phone: {{type: mqttOut, config: {phone}}}\nends: [phone.failed]\n")
    greet([load(str(tmp_path / "flow.yaml"))], shadow)

    assert f"SIMULATED: simTesla in place of the real world. {said}\n" in capsys.readouterr().out


def test_it_greets_with_what_it_runs_and_how_to_look_at_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "flow.yaml").write_text("flow: small\nnodes: {a: {type: debug}}\n")
    flow = load(str(tmp_path / "flow.yaml"))
    greet([flow], False)
    greet([flow], False, Path("my state"))
    said = capsys.readouterr().out

    assert said.startswith("small: 1 node, 0 edges, revision ")
    assert "wattwire status|tail|log small\n" in said
    assert "wattwire status|tail|log small --state 'my state'\n" in said


def test_edges_that_nobody_carries_are_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "flow.yaml").write_text(FLOW.replace("{type: moody}", "{type: debug}").replace("passed", "crashed"))
    flow = load(str(tmp_path / "flow.yaml"))
    warn([flow], Options(root=tmp_path))
    warn([flow], Options(root=tmp_path, only=frozenset({"second", "shown"})))

    assert re.fullmatch("moods: edges with after, .* deliver nothing: .*, with --only edges\n", capsys.readouterr().err)


@pytest.mark.broker
def test_simulators_are_said_in_big_letters_and_what_was_chosen(tmp_path: Path) -> None:
    run = Supervised(tmp_path / "a", SIM, "--prefer", "embedded", "--shadow")
    try:
        run.ready()
        assert run.said("^SIMULATED: simTesla in place of the real world")
        assert run.said("^SHADOW: every actuator is muted")
        assert run.said("broker: the embedded one")
        assert run.said("apt install mosquitto")
        assert run.said("ready: .*tesla")
        assert all("\x1b" not in line for line in run.lines)
    finally:
        run.close()


@pytest.mark.broker
def test_on_a_terminal_there_is_a_table_that_ends_with_the_run(tmp_path: Path) -> None:
    (tmp_path / "flow.yaml").write_text(FLOW.replace("moody", "switch, config: {field: n, above: 1}").replace(
        ".passed", ".yes") + "ends: [first.no, first.unknown, second.no, second.unknown]\n")  # fmt: skip
    ours, theirs = pty.openpty()
    run = subprocess.Popen(
        [*WATTWIRE, "run", str(tmp_path / "flow.yaml"), "--state", str(tmp_path / "s"), "--admin", "0"],
        stdin=theirs, stdout=theirs, stderr=theirs, env=os.environ | {"TERM": "xterm", "NO_COLOR": "1"},
    )  # fmt: skip
    os.close(theirs)
    screen = read(ours, "admin: ")
    screen += read(ours, r"edges +ready")
    run.send_signal(signal.SIGINT)
    screen += read(ours, r"edges +stopped")

    assert run.wait(40) == 0
    assert re.search(r"node +state +last message +next event", screen)
    assert re.search(r"\x1b\[\d+A\x1b\[J", screen)  # redrawn in place
    assert not re.search(r"\x1b\[\d+m", screen)  # NO_COLOR


def read(fd: int, until: str) -> str:
    text = ""
    while not re.search(until, text):
        assert select.select([fd], [], [], 40)[0], text
        text += os.read(fd, 65536).decode()
    return text


class ClosedBroker:
    """mosquitto that lets nobody in."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port(0)
        conf = folder / "m.conf"
        conf.write_text(f"listener {self.port} 127.0.0.1\nallow_anonymous false\n")
        self.conf = conf

    def __enter__(self) -> str:
        self.process = subprocess.Popen(
            [str(find_mosquitto()), "-c", str(self.conf)], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL
        )
        assert self.process.stderr
        said = b""
        while b"running" not in said:
            line = self.process.stderr.readline()
            assert line, f"mosquitto does not start: {said.decode()}"
            said += line
        return f"mqtt://127.0.0.1:{self.port}"

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.wait()
