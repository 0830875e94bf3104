"""The one loop of a shared process: what it waits for, of nodes that open and close connections as they like."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from wattwire.flows.engine.room import Guest, Room


@pytest.fixture
def guest(tmp_path: Path) -> Guest:
    return Guest(1, None, socket.socketpair()[0])  # type: ignore[arg-type]


def test_a_connection_that_has_the_number_of_one_closed_in_the_same_turn_is_heard(tmp_path: Path, guest: Guest) -> None:
    ours, _supervisor = socket.socketpair()
    room, (first, _), (second, far) = Room(ours, tmp_path / "turn"), socket.socketpair(), socket.socketpair()
    room._watch(guest, [first.fileno()])
    os.dup2(second.fileno(), first.fileno())
    room._watch(guest, [first.fileno()])
    far.send(b"x")

    assert [key.data for key, _ in room._ready.select(5)] == [guest]
