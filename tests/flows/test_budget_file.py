"""The file that budgets are counted in: who shares it, how large it grows, and what no trouble with it may change."""

import multiprocessing
import os
import stat
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from spending import HOUR, MINUTE, NOON, asks, hasty, made, per

from wattwire.flows.engine.budgets import Budgets
from wattwire.flows.engine.ledger import Ledger
from wattwire.flows.engine.ledgerfile import Unreliable
from wattwire.nodes import Reply


def test_it_is_small_and_ours_alone(tmp_path: Path) -> None:
    ledger, path = hasty(tmp_path / "budgets.db"), tmp_path / "budgets.db"
    for minute in range(4000):
        ledger.spend([per(MINUTE)], NOON + minute * MINUTE)
    kept = ledger._db.execute("SELECT count(*) FROM calls").fetchone()[0]
    modes = [stat.S_IMODE(f.stat().st_mode) for f in tmp_path.iterdir()]
    ledger.close()

    assert modes == [0o600] * 3
    assert 1440 <= kept <= 1440 + 64
    assert path.stat().st_size < 300_000


def test_totals_of_days_are_kept_by_their_number(tmp_path: Path) -> None:
    ledger = hasty(tmp_path / "b.db")
    for day in range(400):
        ledger.spend([per("day", 1)], NOON + timedelta(days=day))
    kept = ledger._db.execute("SELECT count(*), max(day) FROM days").fetchone()

    assert 100 <= kept[0] <= 100 + 64
    assert kept[1] == "2027-12-24"


def test_it_outlives_its_process_and_others_see_it_at_once(tmp_path: Path) -> None:
    one, other = Ledger(tmp_path / "b.db"), Ledger(tmp_path / "b.db")

    assert one.spend([per(HOUR, 2)], NOON) is None
    assert other.spend([per(HOUR, 2)], NOON) is None
    one.close()
    assert made(per(HOUR, 2), "12:30:00", ledger=Ledger(tmp_path / "b.db")) == [1800]


def _burst(path: Path) -> int:
    ledger = hasty(path)
    return sum(ledger.spend([per(HOUR, 50), per("day", 50, "all")], NOON) is None for _ in range(20))


def test_processes_that_spend_at_once_spend_no_more_than_there_is(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(6) as pool:
        spent = pool.map(_burst, [tmp_path / "b.db"] * 6)

    assert sum(spent) == 50


LOOK = """
import sys
from datetime import datetime
from pathlib import Path
from wattwire.flows.engine.ledger import standing
print(*[account.used for account in standing(Path(sys.argv[1]), datetime.fromisoformat(sys.argv[2]))[0]])
"""


def looked(path: Path) -> float:
    """What another process sees, as `wattwire status` does: it opens the file, and closes it again."""
    told = subprocess.run([sys.executable, "-c", LOOK, path, str(NOON)], capture_output=True, text=True, check=True)
    return float(told.stdout)


def test_nodes_that_share_a_process_count_for_all_however_often_others_look(tmp_path: Path) -> None:
    path, request, told = tmp_path / "b.db", asks(per(HOUR, 4)), list[bool]()
    guests = [Budgets("f", path) for _ in range(3)]
    for guest in (guests[0], guests[1], guests[0], guests[2], guests[1]):
        told.append(guest.refusal(request, NOON) is None)
        seen = looked(path)

    assert told == [True, True, True, True, False]
    assert seen == 4.0
    assert (tmp_path / "b.db-wal").exists()  # who closed last knew of the others


def broken(path: Path) -> None:
    path.write_bytes(b"this is no database, " * 1000)


def forbidden(path: Path) -> None:
    path.mkdir()


def halved(path: Path) -> None:
    ledger = hasty(path)
    for second in range(600):
        ledger.spend([per(HOUR, 1000)], NOON + timedelta(seconds=second))
    ledger.close()
    content = path.read_bytes()
    path.write_bytes(content[:4096] + os.urandom(len(content) - 4096))


@pytest.mark.parametrize(
    ("harm", "why"),
    [
        (broken, "budgets.db is damaged; move budgets.db* away to count anew"),
        (halved, "budgets.db is damaged; move budgets.db* away to count anew"),
        (forbidden, "budgets.db cannot be opened: Is a directory"),
    ],
    ids=["no database", "half of one", "a folder"],
)
def test_without_a_count_there_is_no_call_until_a_person_has_helped(tmp_path: Path, harm: object, why: str) -> None:
    path, said = tmp_path / "budgets.db", list[str]()
    harm(path)  # type: ignore[operator]
    budgets = Budgets("f", path, said.append)
    replies = [budgets.refusal(asks(per(HOUR)), NOON) for _ in range(3)]
    path.rename(tmp_path / "away")

    told = f"not called, as calls cannot be counted: {why}"
    assert replies == [Reply(0, at=NOON, why=told)] * 3
    assert said == [told]
    assert budgets.refusal(asks(per(HOUR)), NOON) is None


def test_on_a_full_disk_nothing_is_called_and_nothing_is_counted(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "b.db")
    ledger._db.execute("PRAGMA max_page_count = 1")  # as a full disk: no page more
    budgets = Budgets("f")
    budgets._ledger = ledger
    while (reply := budgets.refusal(asks(per(HOUR, 1e9, "x" * 500)), NOON)) is None:
        pass

    assert reply.why == "not called, as calls cannot be counted: the disk is full"
    assert reply.spent == ""


def test_a_file_that_is_moved_away_is_begun_anew_by_those_who_had_it_open(tmp_path: Path) -> None:
    path = tmp_path / "budgets.db"
    nodes = [Budgets("f", path), Budgets("f", path)]
    request = asks(per(HOUR, 2))
    before = [node.refusal(request, NOON) is None for node in (*nodes, *nodes)]
    for file in tmp_path.glob("budgets.db*"):
        file.rename(tmp_path / f"old-{file.name}")

    assert before == [True, True, False, False]
    assert [node.refusal(request, NOON) is None for node in (*nodes, *nodes)] == before


def test_a_request_without_budgets_needs_no_file(tmp_path: Path) -> None:
    assert Budgets("f", tmp_path / "no" / "such" / "folder.db").refusal(asks(), NOON) is None


def test_who_holds_the_file_for_too_long_is_named_as_trouble(tmp_path: Path) -> None:
    one, other = Ledger(tmp_path / "b.db"), Ledger(tmp_path / "b.db", patience=0.05)
    one._db.execute("BEGIN IMMEDIATE")

    with pytest.raises(Unreliable, match=r"budgets\.db: database is locked"):
        other.spend([per(HOUR)], NOON)


def test_a_page_that_is_damaged_anywhere_is_said_to_be(tmp_path: Path) -> None:
    path, told = tmp_path / "budgets.db", set[str]()
    Ledger(path).close()
    whole = path.read_bytes()
    for at in range(96, 4096, 3):
        for file in tmp_path.iterdir():
            file.unlink()
        path.write_bytes(whole[:at] + b"\xff" * 8 + whole[at + 8 :])
        try:
            Ledger(path, patience=0.05).close()
        except Unreliable as wrong:
            told.add(str(wrong))

    assert "budgets.db is damaged; move budgets.db* away to count anew" in told
