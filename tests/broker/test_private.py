"""The private broker: it starts whatever it finds, keeps what it was given, and leaves nothing behind."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from wattwire.broker import private
from wattwire.broker.doors import free_port, greets, place_for_socket
from wattwire.broker.private import PrivateBroker
from wattwire.broker.tether import BrokerFailed, end_orphan, gone, waited

Dial = Callable[..., Any]
START = "import sys, time; from wattwire.broker import private; b = private.start(sys.argv[1], sys.argv[2], port=0); "


@pytest.fixture
def parents() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Processes that start a broker and print its process number and port."""
    children: list[subprocess.Popen[str]] = []

    def run(state: Path, kind: str) -> subprocess.Popen[str]:
        code = START + "print(b.pid, b.port, flush=True); time.sleep(60)"
        child = subprocess.Popen([sys.executable, "-c", code, str(state), kind], stdout=subprocess.PIPE, text=True)
        children.append(child)
        return child

    yield run
    for child in children:
        child.kill()
        child.wait()


def told(parent: subprocess.Popen[str]) -> tuple[int, int]:
    assert parent.stdout
    pid, port = parent.stdout.readline().split()
    return int(pid), int(port)


KINDS = [pytest.param("mosquitto", marks=pytest.mark.mosquitto), "embedded"]
both = pytest.mark.parametrize("kind", KINDS)


@pytest.mark.broker
@both
def test_started_it_answers_and_stopped_it_is_gone(state: Path, kind: str) -> None:
    with private.start(state, kind, port=0) as broker:  # type: ignore[arg-type]
        answered, pid = greets(broker.port), broker.pid
        mode = (state / "broker").stat().st_mode & 0o777

    left = {path.name for path in (state / "broker").iterdir()}
    assert (answered, mode, gone(pid), greets(broker.port)) == (True, 0o700, True, False)
    assert not left & {"broker.pid", "mqtt.sock"}


@pytest.mark.broker
@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
@both
def test_it_dies_with_the_process_that_started_it(
    state: Path, kind: str, sign: signal.Signals, parents: Callable[..., Any]
) -> None:
    parent = parents(state, kind)
    pid, _ = told(parent)
    parent.send_signal(sign)

    assert waited(lambda: gone(pid), 20)


@pytest.mark.broker
@pytest.mark.mosquitto
def test_even_then_it_saves_what_it_holds(state: Path, parents: Callable[..., Any], dial: Dial) -> None:
    parent = parents(state, "mosquitto")
    pid, port = told(parent)
    dial(f"mqtt://127.0.0.1:{port}").publish("t", "kept", retain=True)
    parent.kill()
    waited(lambda: gone(pid), 20)

    with private.start(state, "mosquitto", port=0) as broker:
        a = dial(broker)
        a.subscribe("t")
        a.settle()

    assert [m.payload for m in a.heard] == [b"kept"]


@pytest.mark.broker
@pytest.mark.mosquitto
def test_an_orphan_of_ours_is_ended_at_the_next_start(state: Path) -> None:
    with private.start(state, "mosquitto", port=0) as first:
        noted = json.loads((state / "broker" / "broker.pid").read_text())
        (state / "broker" / "broker.pid").write_text(json.dumps({**noted, "parent": 1}))  # its parent was another
        with private.start(state, "mosquitto", port=0) as second:
            assert (gone(first.pid), second.alive()) == (True, True)


@pytest.mark.broker
@pytest.mark.mosquitto
def test_a_broker_of_a_living_process_is_left_alone(state: Path) -> None:
    with private.start(state, "mosquitto", port=0) as first:
        with pytest.raises(BrokerFailed, match="already runs a broker"):
            private.start(state, "mosquitto", port=0)

        assert first.alive()


def test_a_process_that_is_not_ours_is_left_alone(state: Path) -> None:
    state.mkdir()
    with subprocess.Popen(["sleep", "60"]) as other:
        (state / "broker.pid").write_text(json.dumps({"pid": other.pid, "parent": 1}))
        end_orphan(state)
        alive = other.poll() is None
        other.kill()

    assert alive


@pytest.mark.broker
@both
def test_a_port_that_is_taken_is_left_to_its_owner(state: Path, kind: str) -> None:
    with socket.socket() as owner:
        owner.bind(("127.0.0.1", 0))
        owner.listen()
        port = owner.getsockname()[1]
        with private.start(state, kind, port=port) as broker:  # type: ignore[arg-type]
            answered = greets(broker.port)

    assert (answered, broker.port != port) == (True, True)
    assert broker.warnings == [f"port {port} is taken, so the broker listens on {broker.port}"]


@pytest.mark.broker
@both
def test_a_port_that_is_taken_in_between_too(state: Path, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as owner:
        owner.bind(("127.0.0.1", 0))
        owner.listen()
        port, free = owner.getsockname()[1], free_port(0)
        monkeypatch.setattr(private, "free_port", lambda wanted: wanted or free)
        with private.start(state, kind, port=port) as broker:  # type: ignore[arg-type]
            answered = greets(broker.port)

    assert (answered, broker.port) == (True, free)


@pytest.mark.broker
@pytest.mark.mosquitto
@pytest.mark.parametrize("content", [b"", b"garbage", b"\0\xb5\0mosquitto db" + b"\xff" * 200])
def test_a_file_that_cannot_be_read_does_not_keep_the_house_dark(state: Path, content: bytes) -> None:
    (state / "broker").mkdir(parents=True)
    (state / "broker" / "mosquitto.db").write_bytes(content)
    with private.start(state, "mosquitto", port=0) as broker:
        answered = greets(broker.port)

    kept = [path.read_bytes() for path in (state / "broker").glob("mosquitto.db.unreadable-*")]
    assert (answered, kept) == (True, [content] if content else [])
    assert ["begins empty" in said for said in broker.warnings] == ([True] if content else [])


@pytest.mark.broker
@pytest.mark.mosquitto
def test_what_waits_for_who_is_away_survives_a_kill_after_a_save(state: Path, dial: Dial) -> None:
    with private.start(state, "mosquitto", port=0) as broker:
        a = dial(broker, "away")
        a.subscribe("t")
        a.close()
        dial(broker).publish("t", "waiting")
        assert broker.save(20)
        os.kill(broker.pid, signal.SIGKILL)
        assert waited(lambda: not broker.alive(), 20)
        broker.restart()
        back = dial(broker, "away")
        back.settle()

    assert (back.ups, [m.payload for m in back.heard]) == ([True], [b"waiting"])


@pytest.mark.broker
@pytest.mark.mosquitto
@pytest.mark.long
def test_it_saves_by_itself_every_five_seconds(state: Path, dial: Dial) -> None:
    with private.start(state, "mosquitto", port=0) as broker:
        dial(broker).publish("t", "x", retain=True)
        saved = waited(lambda: (state / "broker" / "mosquitto.db").exists(), 12)

    assert saved


@pytest.mark.broker
@pytest.mark.mosquitto
def test_a_burst_to_a_slow_consumer_arrives_whole_and_in_order(mosquitto: PrivateBroker, dial: Dial) -> None:
    slow = dial(mosquitto, acks=False)
    slow.subscribe("burst/t")
    quick = dial(mosquitto)
    for number in range(10_000):
        quick.link.publish("burst/t", b"%d" % number)
    quick.until(lambda: not quick.link.backlog, 20)
    slow.until(lambda: len(slow.heard) == 10_000, 20)

    assert [int(m.payload) for m in slow.heard] == list(range(10_000))


@pytest.mark.broker
@pytest.mark.mosquitto
@pytest.mark.parametrize("name", ["x" * 120, "with a space"])
def test_a_folder_that_is_no_place_for_a_socket(tmp_path: Path, name: str) -> None:
    with private.start(tmp_path / name, "mosquitto", port=0) as broker:
        assert broker.unix
        answered, place = greets(broker.unix), Path(broker.unix).parent
        mode = place.stat().st_mode & 0o777

    assert (answered, mode, place.exists(), tmp_path in place.parents) == (True, 0o700, False, False)


def test_the_state_folder_is_where_the_socket_belongs(tmp_path: Path) -> None:
    assert place_for_socket(tmp_path) == (f"{tmp_path}/mqtt.sock", None)


def test_without_mosquitto_the_embedded_one_says_what_it_cannot_do(
    state: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(private, "find_mosquitto", lambda: None)

    with pytest.raises(BrokerFailed, match="apt install mosquitto"):
        private.start(state, "mosquitto")
    with private.start(state, port=0) as broker:
        promise = broker.promise
    assert (broker.kind, "lost when it ends" in promise, "shared subscriptions" in promise) == ("embedded", True, True)


@pytest.mark.broker
@pytest.mark.mosquitto
def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(BrokerFailed, match="no broker can be started in"):
        private.start(tmp_path / "file", "mosquitto", port=0)


@pytest.mark.broker
@pytest.mark.mosquitto
def test_a_broker_that_does_not_start_shows_its_last_words(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = PrivateBroker._write_config

    def spoiled(self: PrivateBroker) -> None:
        written(self)
        with (self.folder / "mosquitto.conf").open("a") as config:
            config.write("no_such_setting 1\n")

    monkeypatch.setattr(PrivateBroker, "_write_config", spoiled)

    with pytest.raises(BrokerFailed, match="no_such_setting"):
        private.start(state, "mosquitto", port=0)
    assert not (state / "broker" / "broker.pid").exists()


@pytest.mark.broker
@pytest.mark.mosquitto
def test_a_disk_that_is_full_is_complained_about(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with private.start(state, "mosquitto", port=0) as broker:
        well = broker.complaint()
        monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 0}))
        full = broker.complaint()

    assert (well, "is full" in full) == ("", True)


@pytest.mark.broker
@both
def test_it_is_up_quickly(state: Path, kind: str) -> None:
    began = time.monotonic()
    with private.start(state, kind, port=0):  # type: ignore[arg-type]
        took = time.monotonic() - began

    assert took < 5


@pytest.mark.broker
def test_of_two_embedded_brokers_that_want_one_port_each_has_its_own(tmp_path: Path) -> None:
    wanted = free_port(0)

    def begin(name: str) -> PrivateBroker:
        return private.start(tmp_path / name, "embedded", wanted)

    with ThreadPoolExecutor(2) as pool:  # a broker ends with the thread that started it
        first, second = pool.map(begin, ("a", "b"))
        with first, second:
            ports = {first.port, second.port}

    assert len(ports) == 2
