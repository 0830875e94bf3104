import os
from pathlib import Path

import pytest

from wattwire.flows.engine.names import Names, dotenv
from wattwire.flows.engine.reasons import FlowError


def test_the_environment_comes_first_then_the_file_then_name_file_then_credentials(tmp_path: Path) -> None:
    for name in ("A", "B", "C", "D"):
        (tmp_path / name).write_text(f"{name} of credentials\n")
    (tmp_path / "c").write_text("C of its file\n")
    (tmp_path / "env").write_text("A=A of env file\nB=B of env file\n")
    env = {"A": "A of environment", "C_FILE": str(tmp_path / "c"), "CREDENTIALS_DIRECTORY": str(tmp_path)}

    filled = Names(env, tmp_path / "env").fill("$A, $B, $C, $D")

    assert filled == ("A of environment, B of env file, C of its file, D of credentials", [])


@pytest.mark.parametrize(
    ("text", "value"),
    [("$A", "x"), ("W/$A/1", "W/x/1"), ("$$A", "$A"), ("$$$A", "$x"), ("a$A-$A", "ax-x"), ("no name", "no name")],
)
def test_a_name_is_filled_in_anywhere_in_a_text(text: str, value: str) -> None:
    assert Names({"A": "x"}).fill(text) == (value, [])


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("$B/$C", ["$B is not set", "$C is not set"]),
        ("$EMPTY", ["$EMPTY is empty"]),
        ("a $ b", ["a $ with no name after it; write $NAME, or $$ for a dollar"]),
        ("${A}", ["a $ with no name after it; write $NAME, or $$ for a dollar"]),
        ("$LONG", [f"$LONG: LONG_FILE names /{'x' * 4095}, which cannot be read: File name too long"]),
        ("$GONE", ["$GONE: GONE_FILE names /no/such, which cannot be read: No such file or directory"]),
    ],
)
def test_what_is_wrong_with_the_names_is_told(text: str, wrong: list[str]) -> None:
    assert Names({"A": "x", "EMPTY": "", "GONE_FILE": "/no/such", "LONG_FILE": "/" + "x" * 9000}).fill(text)[1] == wrong


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("GX_HOST", "; house.env has GX_HOSTS"),
        ("OCTOPUS_PRODUCT", ""),
        ("OCTOPUS_API_KEY", "; house.env has OCTOPUS_KEY"),
    ],
)
def test_a_name_that_was_probably_mistyped_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, told: str
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("house.env").write_text("GX_HOSTS=venus\nOCTOPUS_ACCOUNT=A-1\nOCTOPUS_KEY=k\n")

    assert Names({}, Path("house.env")).fill(f"${name}") == ("", [f"${name} is not set{told}"])


def test_a_value_that_is_filled_in_is_not_filled_again() -> None:
    assert Names({"A": "$B", "B": "x"}).fill("$A") == ("$B", [])


def test_a_file_named_dot_env_in_the_folder_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".env").write_text("ONLY_HERE=1")

    assert "ONLY_HERE" not in os.environ
    assert Names().fill("$ONLY_HERE") == ("1", [])


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("A=b", "b"),
        ("export A = b c ", "b c"),
        ("A=b#c # said", "b#c"),
        ('A="b # c"', "b # c"),
        (r'A="b\n\"c"', 'b\n"c'),
        (r"A='b\n' # said", r"b\n"),
        ("A=", ""),
        ("A= # said", ""),
    ],
)
def test_a_line_of_an_env_file(tmp_path: Path, line: str, value: str) -> None:
    (tmp_path / "env").write_text(f"# said\n\n{line}\n")

    assert dotenv(tmp_path / "env") == {"A": value}


def test_lines_that_are_none_are_refused_at_their_place(tmp_path: Path) -> None:
    (tmp_path / "env").write_text(f"A=1\nwhat\nB='x\n{'C' * 1001}=1")

    with pytest.raises(FlowError) as refused:
        dotenv(tmp_path / "env")

    assert [(r.line, r.text) for r in refused.value.reasons] == [
        (2, "not a line of NAME=value"),
        (3, "not a line of NAME=value"),
        (4, "not a line of NAME=value"),
    ]


def test_an_env_file_that_is_not_there_is_a_reason(tmp_path: Path) -> None:
    with pytest.raises(FlowError, match="cannot be read: No such file"):
        dotenv(tmp_path / "env")
