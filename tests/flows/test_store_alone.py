"""A node's own file: whoever has it open has it alone, whatever else its process tries."""

import sqlite3
import subprocess
import sys
from functools import partial
from pathlib import Path

import pytest

from wattwire.flows.engine.store import Store

READ = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('SELECT * FROM seen')"


def test_tried_again_by_the_same_process_it_stays_locked_for_all_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite3, "connect", partial(sqlite3.connect, timeout=0))
    mine = Store(tmp_path / "node.db")
    with pytest.raises(sqlite3.OperationalError, match="database is locked"):
        Store(tmp_path / "node.db")
    other = subprocess.run([sys.executable, "-c", READ, tmp_path / "node.db"], capture_output=True, text=True)

    assert other.stderr.endswith("database is locked\n")
    mine.commit(key="a")
    assert list(mine.seen()) == ["a"]
