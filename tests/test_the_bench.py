"""That the bench still runs, and that it says so where a target is missed."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.bench.kept import keep, kept
from tests.bench.table import BEGIN, END, Row, Target, least, markdown, most, put, text

ROOT = Path(__file__).resolve().parent.parent


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "tests.bench", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=100)


def test_the_bench_runs_and_prints_its_table() -> None:
    ran = bench("--only", "made_up", "--quick", "--rounds", "1")

    assert ran.returncode == 0, ran.stderr
    assert "an hour, start included" in ran.stdout


def test_a_subject_that_there_is_not_is_refused() -> None:
    ran = bench("--only", "hope")

    assert (ran.returncode, ran.stdout) == (2, "")
    assert "no such subject: hope" in ran.stderr


@pytest.mark.parametrize(
    ("ours", "peer", "theirs", "target", "verdict"),
    [
        (0.6, "", None, most(0.5), "missed"),
        (0.5, "", None, most(0.5), "met"),
        (6, "peer", 10, most(0.5), "missed"),  # of the ratio, where there is a peer
        (4, "peer", 10, most(0.5), "met"),
        (6, "peer", 10, least(0.65), "missed"),
        (7, "peer", 10, least(0.65), "met"),
        (6, "absent here", None, least(0.65), "not measured"),
        (None, "", None, most(0.5), "not measured"),
        (6, "peer", 10, None, ""),
    ],
)
def test_a_figure_is_held_against_its_target(
    ours: float | None, peer: str, theirs: float | None, target: Target | None, verdict: str
) -> None:
    row = Row(subject="s", what="w", ours=ours, peer=peer, theirs=theirs, target=target)

    assert row.verdict == verdict
    assert ("missed" in text([row])) == ("missed" in markdown([row])) == (verdict == "missed")


def test_the_table_goes_between_its_two_marks() -> None:
    assert put(f"a\n{BEGIN}\nold\n{END}\nb\n", "new") == f"a\n{BEGIN}\nnew\n{END}\nb\n"


def test_a_page_without_marks_is_left_alone() -> None:
    with pytest.raises(ValueError, match="has no"):
        put("a page", "new")


def test_one_subject_is_measured_anew_and_the_others_stay(tmp_path: Path) -> None:
    file, old, new = tmp_path / "last.json", Row(subject="a", what="w", ours=1), Row(subject="b", what="w", ours=2)
    keep(file, "a", [old])
    keep(file, "b", [old])
    keep(file, "b", [new])

    assert kept(file, ["b", "never", "a"]) == [new, old]


def test_a_target_is_kept_with_its_row(tmp_path: Path) -> None:
    row = Row(subject="a", what="w", ours=1, unit="s", peer="p", theirs=4, target=least(0.5))
    keep(tmp_path / "last.json", "a", [row])

    assert kept(tmp_path / "last.json", ["a"]) == [row]
