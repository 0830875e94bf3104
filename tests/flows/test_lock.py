"""A lock is held by the kernel's word; what is written in it is for people."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from wattwire.flows.engine.ownership import Lock


@pytest.mark.parametrize("step", ["ftruncate", "write"])
def test_on_a_full_disk_a_lock_is_taken_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    lock, other = Lock(tmp_path / "n.lock"), Lock(tmp_path / "n.lock")
    with monkeypatch.context() as short:
        short.setattr(os, step, full)
        taken = lock.take()
    held = lock.held, other.take()
    lock.release()

    assert (taken, held, other.take()) == (True, (True, False), True)
