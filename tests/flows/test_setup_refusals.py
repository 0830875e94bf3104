"""`wattwire setup` where something is in the way: one sentence, and nothing is written."""

from collections.abc import Callable
from pathlib import Path

import pytest
from newcomer import Octopus, accounts, setup

from wattwire.nodes import Json, Reply


def error(code: str, message: str = "no") -> Reply:
    return Reply(200, {"errors": [{"message": message, "extensions": {"errorCode": code}}]})


def on(tariff: str) -> Reply:
    agreed: Json = {"tariff_code": tariff, "valid_from": "2025-01-01T00:00:00Z", "valid_to": None}
    return Reply(200, {"properties": [{"electricity_meter_points": [{"is_export": False, "agreements": [agreed]}]}]})


NONE = Reply(200, {"data": {"devices": []}})


@pytest.mark.parametrize(
    ("over", "told"),
    [
        ({"viewer": accounts()}, "the key belongs to no account\n"),
        ({"viewer": accounts("A-1", "A-2")}, "several accounts: A-1, A-2: say which with --account\n"),
        (
            {"devices": NONE},
            "account A-51300000 has no live car or charger: add it under Devices in the Octopus app, then",
        ),
        ({"devices": error("KT-CT-4301")}, "account A-51300000 has no live car or charger"),
        (
            {"accounts/": on("E-1R-AGILE-24-10-01-A")},
            "your tariff is E-1R-AGILE-24-10-01-A, and not Intelligent Octopus Go",
        ),
        ({"accounts/": on("E-1R-INTELLI-FLUX-IMPORT-23-07-14-A")}, "and not Intelligent Octopus Go"),
        ({"accounts/": Reply(200, {"properties": []})}, "account A-51300000 buys no electricity now"),
        ({"accounts/": Reply(404, {"detail": "Not found."})}, "Octopus knows no such account"),
        (
            {"obtain": error("KT-CT-1139", "Authentication failed.")},
            "Octopus does not take this key (Authentication failed):",
        ),
        (
            {"obtain": error("KT-CT-1199", "Too many.")},
            "Octopus gets too many questions with this key: wait a quarter of an",
        ),
        ({"obtain": Reply(403, text="<html>")}, "a firewall answered for Octopus"),
        ({"obtain": Reply(503, text="<html>")}, "Octopus cannot be asked now: HTTP 503\n"),
        (
            {"viewer": error("KT-CT-1145", "Details do not match.")},
            "this key may not be used for that (Details do not match.)",
        ),
    ],
)
def test_what_is_in_the_way_is_one_sentence_and_nothing_is_written(
    octopus: Octopus, tmp_path: Path, over: dict[str, Reply], told: str
) -> None:
    octopus.over = over
    done = setup(octopus, tmp_path / "house")

    assert done.stderr.startswith(told) or told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.exit_code == 1
    assert not (tmp_path / "house").exists()


def test_without_a_network_it_says_so(tmp_path: Path) -> None:
    done = setup("http://127.0.0.1:9", tmp_path / "house")

    assert done.stderr.startswith("Octopus cannot be asked now: 127.0.0.1 cannot be reached")
    assert done.exit_code == 1


def test_a_key_that_is_none_is_not_tried(octopus: Octopus, tmp_path: Path) -> None:
    done = setup(octopus, tmp_path / "house", key="my key")

    assert done.stderr.startswith("that is not an API key")


def test_an_env_file_that_cannot_be_read_is_said_before_anything_is_asked(octopus: Octopus, tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("what is this\n")
    done = setup(octopus, tmp_path)

    assert "not a line of NAME=value" in done.stderr
    assert "put that right first: nothing was written" in done.stderr


def test_bytes_that_are_no_text_are_no_key(octopus: Octopus, tmp_path: Path) -> None:
    (tmp_path / "bytes").write_bytes(b"\xff\xfe")
    done = setup(octopus, tmp_path / "house", "--key-file", str(tmp_path / "bytes"))

    assert done.stderr.startswith("that is not an API key: it is one line")
    assert done.exit_code == 1


@pytest.mark.parametrize(
    ("folder", "made", "told"),
    [
        ("h" * 300, lambda at: None, "File name too long; put that right, or name another FOLDER"),
        ("house", lambda at: (at / "house").symlink_to("/proc/none"), "house: File exists; put that right"),
        ("house", lambda at: (at / "house/my_house.yaml").mkdir(parents=True), "my_house.yaml: Is a directory; put"),
        ("house", lambda at: latin(at / "house"), "my_house.yaml already exists and is not UTF-8: move it away"),
    ],
)
def test_a_folder_that_cannot_be_written_is_one_sentence(
    octopus: Octopus, tmp_path: Path, folder: str, made: Callable[[Path], object], told: str
) -> None:
    made(tmp_path)
    done = setup(octopus, tmp_path / folder)

    assert told in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert done.exit_code == 1


def latin(house: Path) -> None:
    house.mkdir()
    (house / "my_house.yaml").write_bytes(b"flow: caf\xe9\n")
