from dataclasses import asdict
from datetime import UTC, datetime, timedelta

import pytest

from wattwire.nodes import Secret
from wattwire.nodes.notices import Missed, Notice, Owed, Repeats, addresses, told, wanted

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


def test_what_did_not_get_there_is_told_again_behind_what_comes_and_borne_by_one_message() -> None:
    owed = Owed()
    first, second = (Notice(at=NOW, text=text) for text in ("no price", "no token"))

    assert owed.round(first) == [first]
    owed.settle("no price", ["ntfy"])
    assert owed.round(second) == [second, Notice(at=NOW, text="no price", to=("ntfy",))]
    owed.settle("no token", ["ntfy", "Telegram"])
    failed = owed.with_others(second.at_last(["ntfy", "Telegram"], "not delivered"))
    assert failed.before == (Missed(text="no price", to=("ntfy",)),)

    anew = Owed()  # by the next process
    again = told(asdict(failed), NOW)
    assert [(it.text, it.to) for it in anew.round(again)] == [
        ("no token", ("ntfy", "Telegram")),
        ("no price", ("ntfy",)),
    ]
    anew.settle("no token", None)
    anew.settle("no price", None)
    assert anew.round(first) == [first]


def test_of_very_much_that_is_owed_the_newest_is_kept() -> None:
    owed, notice = Owed(), Notice(at=NOW, text="last")
    for n in range(50):
        owed.settle(str(n), [])

    assert [it.text for it in owed.round(notice)] == ["last", *map(str, range(30, 50))]
