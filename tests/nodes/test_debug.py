import pytest

from wattwire.nodes import Status
from wattwire.nodes.debug import NODE, Config, show


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"soc": 55, "home": None}, '{"soc": 55, "home": null}'),
        ("two\n  lines", "two lines"),
        (None, "null"),
        ([1, "£"], '[1, "£"]'),
    ],
)
def test_the_last_message_on_one_line(body: object, text: str) -> None:
    assert show(Config(), body) == Status(text)


def test_one_field_of_it() -> None:
    assert show(Config(field="next.house"), {"next": {"house": 7.5}}) == Status("7.5")


def test_a_long_one_is_cut() -> None:
    assert show(Config(), "x" * 500) == Status("x" * 119 + "…")


@pytest.mark.parametrize("name", ["token", "refresh_token", "api_key", "password", "Authorization", "client_secret"])
def test_what_looks_like_a_secret_is_not_shown(name: str) -> None:
    assert show(Config(), {"a": [{name: "hunter2"}]}) == Status(f'{{"a": [{{"{name}": "***"}}]}}')


def test_it_sends_nothing() -> None:
    assert list(NODE.outs) == ["crashed"]
