"""What mosquitto has saved is set aside only where that file is what it ended of."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from wattwire.broker import saved

ROOT = "1795315298: Warning: Mosquitto should not be run as root/administrator.\n"
SPOILED = "1795315298: Error: Not a directory.\n1795315298: Error: Couldn't open database.\n"


@pytest.mark.parametrize(
    ("code", "said", "because_of_it"),
    [
        (1, ROOT + SPOILED, True),
        (1, ROOT + "1795315298: Error: Couldn't open database.\n", True),
        (1, ROOT, False),
        (1, "", False),
        (1, "1795315298: Error: Address already in use\n", False),
        (1, "1795315298: Config loaded from /home/database/mosquitto.conf.\n1795315298: Error: Out of files.\n", False),
        (0, SPOILED, False),  # of a start before
        (-signal.SIGKILL, ROOT, False),
        (-signal.SIGTERM, SPOILED, False),
        (-signal.SIGUSR1, "", False),
        (-signal.SIGSEGV, "", True),
        (-signal.SIGABRT, "free(): invalid pointer\n", True),
    ],
)
def test_it_is_unreadable_if_the_broker_says_so_or_falls_over_it(code: int, said: str, because_of_it: bool) -> None:
    assert saved.unreadable(code, said) is because_of_it


def test_set_aside_it_is_kept_and_told(tmp_path: Path) -> None:
    (tmp_path / "mosquitto.db").write_bytes(b"spoiled")
    told = saved.set_aside(tmp_path)
    (kept,) = tmp_path.iterdir()

    assert (kept.read_bytes(), told.endswith(f"the file is kept as {kept}")) == (b"spoiled", True)


def test_where_nothing_was_saved_there_is_nothing_to_set_aside(tmp_path: Path) -> None:
    assert saved.set_aside(tmp_path) == ""


def test_a_large_one_may_take_its_time(tmp_path: Path) -> None:
    spans = [saved.reading(tmp_path)]
    for size in (40, 4000):  # MB
        with (tmp_path / "mosquitto.db").open("wb") as file:
            file.truncate(size * 1024 * 1024)
        spans.append(saved.reading(tmp_path))

    assert spans == [0.0, 40.0, 60.0]
