"""`wattwire tariffs`: what there is, and whether a file says what its cases say."""

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from wattwire.flows.commands.tariffs import command

NIGHTS = 'title: Nights\nwindows: [{from: "01:00", until: "06:00"}]\nprice: {cheap: 9.0, standard: 25.0}\n'
CASE = '- {says: at night, at: "2026-11-20T03:00:00Z", expect: {band: cheap, house: %s}}\n'


def tariffs(*files: Path) -> Result:
    return CliRunner().invoke(command, [str(f) for f in files])


@pytest.fixture
def nights(tmp_path: Path) -> Path:
    (tmp_path / "cases").mkdir()
    (tmp_path / "nights.yaml").write_text(NIGHTS)
    (tmp_path / "cases" / "nights.yaml").write_text(CASE % 9.0)
    return tmp_path / "nights.yaml"


def test_those_that_come_with_wattwire_are_listed() -> None:
    done = tariffs()

    assert done.exit_code == 0
    assert "agile                     Agile Octopus, bought and sold" in done.stdout.splitlines()


def test_a_file_that_says_what_its_cases_say_is_fine(nights: Path) -> None:
    done = tariffs(nights)

    assert (done.exit_code, done.stdout) == (0, f"{nights}: fine (cases: 1)\n")


def test_a_case_that_comes_out_otherwise_is_told(nights: Path) -> None:
    (nights.parent / "cases" / "nights.yaml").write_text(CASE % 8.5)
    done = tariffs(nights)

    assert (done.exit_code, done.stderr) == (2, f"{nights}: at night: house is 9.0, not 8.5\n")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (NIGHTS.replace("until", "untill"), "nights.yaml:2:27: "),
        (NIGHTS.replace('"06:00"', "6"), "nights.yaml:2:34: "),
        (NIGHTS + "read: yesterday\n", "read is a date such as 2026-11-20"),
        (NIGHTS.replace("[{", "["), "nights.yaml:2:"),
        (NIGHTS + "dispatch: always\n", "nights.yaml:4:11: "),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_place(nights: Path, text: str, why: str) -> None:
    nights.write_text(text)
    done = tariffs(nights)

    assert done.exit_code == 2
    assert why in done.stderr


def test_a_case_that_is_none_is_told(nights: Path) -> None:
    (nights.parent / "cases" / "nights.yaml").write_text("- {says: no time, expect: {}}\n")
    done = tariffs(nights)

    assert done.exit_code == 2
    assert "cases/nights.yaml:1:3: not a case: " in done.stderr


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    done = tariffs(tmp_path / "gone.yaml")

    assert done.exit_code == 2
    assert "gone.yaml cannot be read" in done.stderr
