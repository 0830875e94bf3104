"""How the broker of our own is minded: nothing that fails while it is started again ends the minding."""

from __future__ import annotations

import asyncio
import errno
import os
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from wattwire.broker import private
from wattwire.broker.tether import BrokerFailed
from wattwire.flows.engine import ownbroker
from wattwire.flows.engine.options import Options
from wattwire.flows.engine.ownbroker import OwnBroker


@dataclass
class Stand:
    """In the place of a broker: dead until a start of it meets nothing."""

    meets: list[Exception | None]
    dead: bool = True
    ails: str | Exception = ""
    warns: str = ""
    warnings: list[str] = field(default_factory=list)
    kind, promise, url, nearest = "mosquitto", "", "mqtt://127.0.0.1:1", "unix:///x"

    def alive(self) -> bool:
        return not self.dead

    def restart(self) -> None:
        if self.warns:
            self.warnings.append(self.warns)
        if wrong := self.meets.pop(0):
            raise wrong
        self.dead = False

    def complaint(self) -> str:
        if isinstance(self.ails, Exception):
            raise self.ails
        return self.ails


@pytest.fixture
def said() -> list[str]:
    return []


def minded(it: Stand, said: list[str], monkeypatch: pytest.MonkeyPatch, times: int) -> None:
    monkeypatch.setattr(private, "start", lambda *_: it)
    monkeypatch.setattr(ownbroker, "COMPLAIN", 0.0)
    own = OwnBroker(Path(), Options(root=Path()), lambda text, _: said.append(text))
    own.start()
    del said[:]

    async def main() -> None:
        for _ in range(times):
            await own.check(asyncio.Event())

    asyncio.run(main())


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN)), "cannot be started: Resource temporarily"),
        (FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT)), "cannot be started: No such file"),
        (BrokerFailed("mosquitto does not start:\nit says nothing"), "mosquitto does not start:\nit says nothing"),
    ],
)
def test_what_fails_once_is_tried_again(
    wrong: Exception, told: str, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    it = Stand([wrong, None])
    minded(it, said, monkeypatch, 2)

    assert it.alive()
    assert [line for line in said if told in line] == [said[1]]


def test_what_a_new_start_warns_of_is_said_once(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    it = Stand([None], warns="it begins empty", warnings=["of the first start"])
    minded(it, said, monkeypatch, 3)

    assert said[1:] == ["broker: it begins empty"]


def test_it_is_said_of_a_new_start_that_fails_as_well(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    it = Stand([BrokerFailed("no")], warns="it begins empty")
    minded(it, said, monkeypatch, 1)

    assert said[1:] == ["broker: no", "broker: it begins empty"]


def test_a_disk_that_cannot_be_asked_is_said(said: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    it = Stand([], dead=False, ails=OSError(errno.EIO, os.strerror(errno.EIO)))
    minded(it, said, monkeypatch, 2)

    assert said == ["broker: Input/output error"]
