"""Flow files, and what they name: whatever stands in them, there are reasons with a place, soon."""

from __future__ import annotations

from pathlib import Path

import pytest
from fuzzing import Hang, limited

from wattwire.flows.engine.loading import load, load_text
from wattwire.flows.engine.names import Names, Unset, dotenv
from wattwire.flows.engine.reasons import FlowError

CLOCK = "flow: a\nnodes:\n  c: {type: clock, config: {every: 1m}}\nends: [c.tick]\n"
EDGE = CLOCK + "edges:\n  - {from: c.tick, to: c.x, after: {first: 1s, FIELD: VALUE}}\n"
INJECT = "flow: a\nnodes:\n  j: {type: inject, config: {body: VALUE}}\nends: [j.out]\n"
LONG = "9" * 400


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[" * 100_000, "1:61: values inside values, too deep"),  # libyaml's stack ends before Python's
        ("{a: " * 5_000, "1:241: values inside values, too deep"),
        ("- " * 5_000, "1:121: values inside values, too deep"),
        ("? " * 100_000, "1:121: values inside values, too deep"),
        ("\n".join(" " * i + "a:" for i in range(1000)), "61:61: values inside values, too deep"),
        (INJECT.replace("VALUE", "[" * 300 + "]" * 300), "3:92: values inside values, too deep"),
        ("a: &a [x]\n" + "".join(f"b{i}: &{'a' * (i + 2)} [*{'a' * (i + 1)}, *{'a' * (i + 1)}]\n" for i in range(40)),
         "too much: anchors that repeat anchors?"),
        ("flow: 0x" + "f" * 6000, "1:7: '0xfff"),
        ("flow: " + LONG, f"1:7: '{LONG[:58]}… is no int"),
        (CLOCK.replace("{type", f"{{memory: {LONG}GB, type"), "more than any machine has"),
        (EDGE.replace("FIELD: VALUE", f"factor: {LONG}"), "is no int"),
        (EDGE.replace("FIELD: VALUE", "factor: 1e300"), "factor: 1e+300 is not a number"),
        (EDGE.replace("FIELD: VALUE", f"jitter: {LONG}%"), "is not a share"),
        (CLOCK.replace("1m", "999999999d"), "setting every is '999999999d', not a duration"),
        (INJECT.replace("VALUE", "[1, .nan]"), "3:40: j: setting body[1] is nan, which no message can carry"),
        (INJECT.replace("VALUE", "{a: 1e999}"), "setting body.a is inf, which no message can carry"),
        ("flow: a\ninclude: " + "x" * 5000, "2:10: no file xxxx"),
        ("flow: a\ninclude: /dev/zero", "2:10: no file /dev/zero"),
        ("flow: a\nnodes: {r: {type: rateResolver, config: {tariff: " + "x" * 5000 + "}}}", "no file xxxx"),
        (CLOCK.replace("c:", "c" * 101 + ":").replace("c.tick", "c" * 101 + ".tick"), "and 100 of them at most"),
        (f"flow: a\n{'k' * 500}: 1", "2:1: no key 'kkkk"),
    ],
)  # fmt: skip
def test_a_text_that_nobody_means_is_refused_with_words(text: str, told: str) -> None:
    with pytest.raises(FlowError) as refused, limited():
        load_text(text, file="f.yaml", env={})

    assert told in str(refused.value)
    assert max(len(r.text) for r in refused.value.reasons) < 6000


@pytest.mark.parametrize(
    ("data", "told"),
    [
        ("flow: a".encode("utf-16"), "f.yaml is not UTF-8 at byte 0"),
        (b"flow: \xe9", "f.yaml is not UTF-8 at byte 6"),
        (b"flow: a\0", "1:8: not YAML: control characters are not allowed"),
        ("flow: é\nx: \x07".encode(), "2:4: not YAML: control characters are not allowed"),
        (b" " * 5_000_000, "f.yaml has more than 4 MB"),
    ],
)
def test_a_file_that_is_no_text_of_ours_is_refused_with_words(data: bytes, told: str, tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_bytes(data)

    with pytest.raises(FlowError) as refused, limited():
        load(file, env={})

    assert told in str(refused.value)


def test_a_mark_of_the_byte_order_and_ends_of_lines_of_other_systems_are_nothing(tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    file.write_bytes(b"\xef\xbb\xbf" + CLOCK.replace("\n", "\r\n").encode())

    assert load(file, env={}).name == "a"


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"A=b\0c", "1:1: not a line of NAME=value"),
        (b"A=b\nC", "2:1: not a line of NAME=value"),
        ("A=b".encode("utf-16"), "cannot be read: it is not UTF-8"),
        (b"A=" + b"b" * 2_000_000, "cannot be read: it has more than 1 MB"),
    ],
)
def test_a_file_of_names_that_is_none_is_refused_with_words(data: bytes, told: str, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(data)

    with pytest.raises(FlowError) as refused, limited():
        dotenv(file)

    assert told in str(refused.value)


def test_a_line_of_spaces_without_end_takes_no_time(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("A=b" + " " * 50_000 + "c  # d\nB= x y # z\nC='#'\n")

    with limited():
        found = dotenv(file)

    assert found == {"A": "b" + " " * 50_000 + "c", "B": "x y", "C": "#"}


def test_a_line_ends_where_an_editor_shows_its_end(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text("A=b\x85c\u2028d\r\nB=e", "utf-8", newline="")

    assert dotenv(file) == {"A": "b\x85c\u2028d", "B": "e"}


@pytest.mark.parametrize(
    ("named", "told"),
    [
        ({"A_FILE": "a\0b"}, "cannot be read: it is no path"),
        ({"A_FILE": "a" * 5000}, "cannot be read: File name too long"),
        ({"A_FILE": "/dev/zero"}, "cannot be read: it has more than 1 MB"),
        ({"CREDENTIALS_DIRECTORY": "a" * 5000}, "$A is not set"),
        ({"CREDENTIALS_DIRECTORY": "a\0b"}, "$A is not set"),
    ],
)
def test_a_secret_that_cannot_be_read_is_missed_with_words(named: dict[str, str], told: str) -> None:
    with pytest.raises(Unset) as unset, limited():
        Names(named).value("A")

    assert told in str(unset.value)


def test_a_secret_written_on_windows_is_the_same_secret(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"\xef\xbb\xbfsk_live_1\r\n")

    assert Names({"A_FILE": str(tmp_path / "key")}).value("A") == "sk_live_1"


def test_what_takes_long_is_found_out() -> None:
    with pytest.raises(Hang):
        endless()


def endless() -> None:
    with limited(0.2):
        while True:
            pass
