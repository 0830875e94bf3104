from datetime import UTC, datetime, timedelta

import pytest

from wattwire.nodes import Secret
from wattwire.nodes.notices import Notice, Repeats, addresses, told, wanted

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("the car is full", "the car is full"),
        ({"why": "wrong key", "code": "KT-CT-1139"}, "wrong key"),
        ({"mode": "hold", "reason": "the car charges"}, "the car charges"),
        ({"text": "", "why": "no plan"}, "no plan"),
        ({"soc": 41, "token": "abc"}, '{"soc": 41, "token": "***"}'),
        (None, "something wants attention"),
        ("two\nlines", "two lines"),
    ],
)
def test_a_body_is_told_in_words(body: object, text: str) -> None:
    assert told(body, NOW) == Notice(at=NOW, text=text)


def test_a_failed_notice_goes_only_to_whom_it_did_not_reach() -> None:
    services = [("ntfy", 1), ("Telegram", 2)]
    failed = told({"text": "hello", "to": ["Telegram"]}, NOW)

    assert wanted(services, failed) == [("Telegram", 2)]
    assert wanted(services, told({"text": "hello", "to": ["gone"]}, NOW)) == services


def test_the_same_words_are_not_said_again_soon() -> None:
    repeats, hour = Repeats(timedelta(hours=1)), timedelta(hours=1)
    times = [timedelta(), timedelta(minutes=59), hour, hour * 1.5, hour * 2]

    assert [repeats.holds("no plan", NOW + t) for t in times] == [False, True, False, True, False]
    assert not repeats.holds("other words", NOW)


def test_addresses_are_known_by_their_service_and_wrong_ones_by_their_place() -> None:
    services, wrong = addresses(Secret("ntfy://house nonsense json://192.0.2.1 ntfy://other"))

    assert [name for name, _ in services] == ["ntfy", "JSON", "ntfy 4"]
    assert wrong == ["address 2 of to is none that Apprise understands"]


def test_an_address_that_is_wrong_stands_in_no_log(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(0):
        addresses(Secret("foo://hunter2@x mailtos://me:hunter2@ hunter2 slack://hunter2 ntfys://me:hunter2@ntfy.sh/x"))

    assert "hunter2" not in caplog.text
