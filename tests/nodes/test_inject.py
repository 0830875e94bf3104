from datetime import UTC, datetime, timedelta

import pytest

from wattwire.nodes import Due, Emit, Started, Stopping, Timer
from wattwire.nodes.inject import Config, inject
from wattwire.nodes.messages import Tick

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)
HELLO = Config(body={"text": "hello"})


@pytest.mark.parametrize(("after", "at"), [(timedelta(0), NOON), (timedelta(minutes=5), NOON + timedelta(minutes=5))])
def test_after_a_start_it_waits_as_long_as_it_was_told(after: timedelta, at: datetime) -> None:
    assert inject(Config(after=after), None, Started(), NOON) == Timer("after", at)


def test_then_it_sends_once() -> None:
    assert inject(HELLO, None, Due("after"), NOON) == Emit("out", {"text": "hello"})


def test_a_nudge_sends_at_once_whatever_it_carries() -> None:
    assert inject(HELLO, None, None, NOON) == inject(HELLO, {"x": 1}, None, NOON) == Emit("out", {"text": "hello"})


def test_without_a_body_it_sends_the_time() -> None:
    assert inject(Config(), None, Due("after"), NOON) == Emit("out", Tick(NOON))


@pytest.mark.parametrize("body", [0, False, "", [], {}])
def test_an_empty_body_is_a_body(body: object) -> None:
    assert inject(Config(body=body), None, None, NOON) == Emit("out", body)


def test_a_stop_sends_nothing() -> None:
    assert inject(HELLO, None, Stopping(), NOON) is None  # type: ignore[arg-type]


def test_a_time_before_the_start_is_refused() -> None:
    with pytest.raises(ValueError, match="after must not be below 0"):
        Config(after=timedelta(seconds=-1))
