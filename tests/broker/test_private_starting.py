"""A broker that does not come up at once: what it had saved is set aside only if it says that it cannot read it."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from wattwire.broker import private
from wattwire.broker.private import PrivateBroker
from wattwire.broker.tether import BrokerFailed, waited

pytestmark = [pytest.mark.broker, pytest.mark.mosquitto]

Dial = Callable[..., Any]


def waiting(broker: PrivateBroker, dial: Dial) -> None:
    """Something is queued and saved, and the broker is dead."""
    away = dial(broker, "away")
    away.subscribe("t")
    away.close()
    dial(broker).publish("t", "waiting")
    assert broker.save(20)
    os.kill(broker.pid, signal.SIGKILL)
    assert waited(lambda: not broker.alive(), 20)


def once(broker: PrivateBroker, before: str) -> None:
    """The next start runs this first, and only that one."""
    mark, program = broker.folder.parent / "once", broker.folder.parent / "program"
    program.write_text(f'#!/bin/sh\n[ -e {mark} ] || {{ touch {mark}; {before}; }}\nexec {broker._program} "$@"\n')
    program.chmod(0o755)
    broker._program = str(program)


def found(broker: PrivateBroker, dial: Dial) -> tuple[list[bytes], list[str], list[Path]]:
    back = dial(broker, "away")
    back.settle()
    return [m.payload for m in back.heard], broker.warnings, [*broker.folder.glob("*unreadable*")]


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
def test_killed_while_it_starts_it_is_started_again_with_what_it_had(
    state: Path, dial: Dial, sign: signal.Signals
) -> None:
    with private.start(state, "mosquitto", port=0) as broker:
        waiting(broker, dial)
        once(broker, f"kill -{int(sign)} $$")
        broker.restart()

        assert found(broker, dial) == ([b"waiting"], [], [])


def test_too_slow_it_is_ended_and_nothing_of_it_set_aside(
    state: Path, dial: Dial, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(private, "END", 0.05)
    with private.start(state, "mosquitto", port=0) as broker:
        waiting(broker, dial)
        once(broker, "kill -STOP $$")
        with monkeypatch.context() as hasty:
            hasty.setattr(private, "START", 2.0)
            with pytest.raises(BrokerFailed, match=r"mosquitto does not answer after 2 s"):
                broker.restart()
        broker.restart()

        assert found(broker, dial) == ([b"waiting"], [], [])


def test_that_another_thing_is_wrong_sets_nothing_aside(state: Path, dial: Dial) -> None:
    with private.start(state, "mosquitto", port=0) as broker:
        waiting(broker, dial)
        once(broker, "echo 'Error: Unable to open log file.'; exit 1")
        with pytest.raises(BrokerFailed, match="Unable to open log file"):
            broker.restart()
        broker.restart()

        assert found(broker, dial) == ([b"waiting"], [], [])


def test_unreadable_when_it_is_started_again_it_is_set_aside_as_well(state: Path, dial: Dial) -> None:
    with private.start(state, "mosquitto", port=0) as broker:
        waiting(broker, dial)
        saved = broker.folder / "mosquitto.db"
        saved.write_bytes(cut := saved.read_bytes()[:-5])
        broker.restart()
        heard, warnings, aside = found(broker, dial)

    assert (heard, [path.read_bytes() for path in aside]) == ([], [cut])
    assert ["begins empty" in said for said in warnings] == [True]


def test_that_its_number_cannot_be_noted_does_not_matter(state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(private, "note", full)
    with private.start(state, "mosquitto", port=0) as broker:
        broker.restart()

        assert broker.alive()
