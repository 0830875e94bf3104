"""The log of a flow: how it is kept, and how it is read."""

from __future__ import annotations

import json
import stat
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from wattwire.flows.commands.log import command, moment
from wattwire.flows.engine.logbook import Entry, Logbook, local

NOW = datetime.now(UTC).replace(microsecond=0)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def london(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TZ", "Europe/London")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def book(folder: Path, *entries: Entry) -> Logbook:
    folder.mkdir(exist_ok=True)
    made = Logbook(folder, most=2000)
    for entry in entries:
        made.add(entry)
    return made


def test_what_is_kept_is_read_again_by_its_owner_only(tmp_path: Path) -> None:
    entry = Entry(NOW, "gx", "warning", "no sign of life — since 18:00:00 UTC")
    made = book(tmp_path, entry)

    assert list(made.entries()) == [entry]
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600


def test_it_does_not_grow_without_end_and_keeps_the_newest(tmp_path: Path) -> None:
    made = book(tmp_path, *(Entry(NOW, "gx", "info", f"line {n}") for n in range(500)))
    kept = [int(it.text.split()[1]) for it in made.entries()]

    assert sum(file.stat().st_size for file in tmp_path.iterdir()) < 4200
    assert kept == list(range(kept[0], 500))
    assert len(kept) > 20


def test_half_a_line_is_left_out(tmp_path: Path) -> None:
    made = book(tmp_path, Entry(NOW, "gx", "info", "whole"))
    with made.path.open("a") as out:
        out.write('{"at": "2026-1')

    assert [it.text for it in made.entries()] == ["whole"]


def test_a_folder_that_cannot_be_written_is_in_nobody_s_way(tmp_path: Path) -> None:
    Logbook(tmp_path / "gone").add(Entry(NOW, "gx", "info", "line"))

    assert not (tmp_path / "gone").exists()


@pytest.mark.parametrize(
    ("at", "text", "shown"),
    [
        ("2026-11-20T18:00:00Z", "held until 18:30 UTC", "held until 18:30"),
        ("2026-07-20T18:00:00Z", "held until 18:30 UTC", "held until 19:30"),
        ("2026-07-20T18:00:00Z", "HTTP 503 since 17:59:07 UTC; again", "HTTP 503 since 18:59:07; again"),
        ("2026-10-25T00:50:00Z", "until 01:10 UTC", "until 01:10"),  # the clocks go back in between
        ("2026-07-20T18:00:00Z", "at 25:00 UTC", "at 25:00 UTC"),
    ],
)
def test_times_are_shown_by_the_reader_s_clock(at: str, text: str, shown: str) -> None:
    assert local(text, datetime.fromisoformat(at)) == shown


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("12h", "2026-07-20T06:00:00+00:00"),
        ("18:00", "2026-07-20T17:00:00+00:00"),
        ("20:00", "2026-07-19T19:00:00+00:00"),  # yesterday's: today's has not come
        ("2026-07-18T18:00", "2026-07-18T17:00:00+00:00"),
        ("2026-07-18T18:00Z", "2026-07-18T18:00:00+00:00"),
    ],
)
def test_since_when_may_be_said_in_three_ways(said: str, at: str) -> None:
    now = datetime(2026, 7, 20, 18, tzinfo=UTC)

    assert moment(said, now).astimezone(UTC).isoformat() == at


def run(root: Path, *words: str) -> tuple[int, str, str]:
    done = CliRunner().invoke(command, ["home", "--state", str(root), *words])
    return done.exit_code, done.stdout, done.stderr


def test_the_log_is_shown_day_by_day_also_when_nobody_runs_the_flow(tmp_path: Path) -> None:
    old, late = NOW - 3 * HOUR, NOW - timedelta(days=3)
    book(tmp_path / "home", Entry(late, "gx", "warning", "gone"), Entry(old, "", "info", "started"),
         Entry(NOW, "gx", "warning", "no sign of life"))  # fmt: skip
    code, out, _ = run(tmp_path, "--since", "20d")
    lines = [line for line in out.splitlines() if ":" in line]

    assert code == 0
    assert out.splitlines()[0] == f"{late.astimezone():%A %d %B %Y}"
    assert [line.partition(" ")[2] for line in lines] == [
        "warning: gx: gone",
        "started",
        "warning: gx: no sign of life",
    ]
    assert lines[-1].startswith(f"{NOW.astimezone():%H:%M:%S} ")
    assert len(run(tmp_path)[1].splitlines()) <= 4
    assert "gone" not in run(tmp_path)[1]  # the last day is shown unless more is asked for


def test_one_node_and_json(tmp_path: Path) -> None:
    book(tmp_path / "home", Entry(NOW, "", "info", "started"), Entry(NOW, "gx", "info", "held"))

    assert [line for line in run(tmp_path, "gx")[1].splitlines() if "started" in line] == []
    assert [json.loads(line)["text"] for line in run(tmp_path, "--json")[1].splitlines()] == ["started", "held"]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--since", "soon"], 2, "soon is not a time; write it like 12h, 18:00 or 2026-11-20T18:00"),
        (["--since", "1h"], 0, "nothing since"),
        (["gx", "--since", "1h"], 0, "nothing since"),
        (["quiet"], 0, "nothing since"),
        (["gy"], 2, "no node 'gy'; there are gx, quiet"),
    ],
)
def test_what_cannot_be_shown_is_said(tmp_path: Path, words: list[str], code: int, said: str) -> None:
    book(tmp_path / "home", Entry(NOW - 20 * HOUR, "", "info", "started"), Entry(NOW - 20 * HOUR, "gx", "info", "held"))
    for name in ("quiet.lock", "run.lock"):
        (tmp_path / "home" / name).touch()
    found, _, wrong = run(tmp_path, *words)

    assert (found, said in wrong) == (code, True)


def test_a_flow_that_never_ran_here_has_no_log(tmp_path: Path) -> None:
    code, _, wrong = run(tmp_path)

    assert (code, wrong.startswith("home has not been run here")) == (1, True)


def test_a_log_that_cannot_be_read_is_said(tmp_path: Path) -> None:
    (tmp_path / "home" / "log.jsonl").mkdir(parents=True)
    code, _, wrong = run(tmp_path)

    assert (code, wrong) == (1, f"{tmp_path}/home/log.jsonl cannot be read: Is a directory\n")
