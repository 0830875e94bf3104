"""Secrets, what a reply tells, and bodies."""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wattwire.nodes import Fault, Reply, Request, Secret
from wattwire.nodes.messages import Device, Price, Tick, Token

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


@dataclass(frozen=True, kw_only=True)
class Config:
    key: Secret = Secret("hunter2")  # noqa: RUF009 it is frozen


@pytest.mark.parametrize("show", [repr, str, "{}".format, "{!r:>40}".format, "%s".__mod__, lambda s: f"{s}"])
@pytest.mark.parametrize(
    "holder",
    [
        Secret("hunter2"),
        Config(),
        Token(Secret("hunter2"), NOON),
        Request(method="GET", url="http://a", authorization=Secret("hunter2"), json={"key": Secret("hunter2")}),
        [Secret("hunter2")],
    ],
    ids=lambda h: type(h).__name__,
)
def test_a_secret_never_prints(show: Callable[[object], str], holder: object) -> None:
    shown = show((holder,)) if getattr(show, "__name__", "") == "__mod__" else show(holder)

    assert "***" in shown
    assert "hunter2" not in shown


def test_a_secret_is_revealed_on_purpose_only() -> None:
    assert Secret("hunter2").reveal() == "hunter2"
    assert Secret("a") == Secret("a") != Secret("b")


@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        (Reply(0), Fault("no answer")),
        (Reply(0, why="timed out"), Fault("timed out")),
        (Reply(502), Fault("HTTP 502", 502)),
        (Reply(429, headers={"retry-after": "30"}), Fault("HTTP 429", 429, None, 30.0)),
        (Reply(429, headers={"retry-after": "Wed, 21 Oct 2026 07:28:00 GMT"}), Fault("HTTP 429", 429)),
    ],
)
def test_a_reply_tells_what_went_wrong(reply: Reply, fault: Fault) -> None:
    assert reply.fault() == fault


def test_the_nodes_own_words_and_code_come_first() -> None:
    assert Reply(200, why="x").fault("the key is wrong", "KT-CT-1138") == Fault("the key is wrong", 200, "KT-CT-1138")


@pytest.mark.parametrize("body", [Tick(NOON), Device(at=NOON, id="1"), Price(start=NOON, end=None, price=0.0)])
def test_bodies_cannot_be_changed(body: Any) -> None:
    name = dataclasses.fields(body)[0].name

    with pytest.raises(dataclasses.FrozenInstanceError):
        setattr(body, name, NOON + timedelta(1))
