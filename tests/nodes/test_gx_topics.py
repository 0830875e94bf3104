from __future__ import annotations

import pytest

from wattwire.nodes import Say
from wattwire.nodes.gx_topics import COMPLETED, Note, keepalive, note, write


@pytest.mark.parametrize(
    ("topic", "payload", "read"),
    [
        ("N/abc/system/0/Dc/Battery/Soc", b'{"value": 55.5}', Note("abc", "system/0/Dc/Battery/Soc", 55.5)),
        ("N/abc/a/0/b", b'{"max": 5, "min": 0, "value": 1}', Note("abc", "a/0/b", 1)),
        ("N/abc/a/0/b", b'{"value": null}', Note("abc", "a/0/b", None)),
        ("N/abc/a/0/b", b'{"value": NaN}', Note("abc", "a/0/b", None)),
        ("N/abc/a/0/b", b'{"value": 1e999}', Note("abc", "a/0/b", None)),
        ("N/abc/a/0/b", b'{"value": 1' + 400 * b"0" + b"}", Note("abc", "a/0/b", None)),
        ("N/abc/a/0/b", 100_000 * b"[", None),
        ("N/abc/a/0/b", b"", Note("abc", "a/0/b", None, gone=True)),
        ("N/abc/a/0/b", b'{"value": [1, 2]}', Note("abc", "a/0/b", None)),
        (
            f"N/abc/{COMPLETED}",
            b'{"value": 1, "full-publish-completed-echo": "t"}',
            Note("abc", COMPLETED, 1, False, "t"),
        ),
        ("N/abc/keepalive", b"1", Note("abc", "keepalive", None)),
        ("N/abc/a/0/b", b"{broken", None),
        ("W/abc/a/0/b", b'{"value": 1}', None),
        ("N/abc", b'{"value": 1}', None),
    ],
)
def test_a_note_is_read_or_is_none(topic: str, payload: bytes, read: Note | None) -> None:
    assert note(topic, payload) == read


def test_a_whole_number_is_written_as_one() -> None:
    assert write("abc", "a/0/b", 80.0) == Say("W/abc/a/0/b", {"value": 80})


def test_a_write_is_never_retained() -> None:
    assert not write("abc", "a/0/b", 80.0).retain


def test_only_a_keepalive_with_a_token_asks_for_everything() -> None:
    assert keepalive("abc").payload == {"keepalive-options": ["suppress-republish"]}
    assert keepalive("abc", "t").payload == {"keepalive-options": [{"full-publish-completed-echo": "t"}]}
