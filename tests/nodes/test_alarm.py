from datetime import UTC, datetime, timedelta

import pytest

from wattwire.nodes import Due, Emit, Fault, Started, Status, Timer
from wattwire.nodes.alarm import Config, tell

NOON = datetime(2026, 1, 15, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("why", "fault"),
    [
        ({"why": "the key is wrong", "status": 401, "code": "KT-CT-1138", "retry_after": 30.0},
         Fault("the key is wrong", 401, "KT-CT-1138", 30.0)),
        ({"why": "no plan", "band": "unsure"}, Fault("no plan")),
        ({"soc": 3}, Fault('{"soc": 3}')),
        ({"why": None, "status": "?"}, Fault('{"why": null, "status": "?"}')),
        ("the roof leaks", Fault("the roof leaks")),
        (None, Fault("something wants a person's attention")),
        ({"token": "hunter2"}, Fault('{"token": "***"}')),
    ],
)  # fmt: skip
def test_a_person_reads_the_reason(why: object, fault: Fault) -> None:
    assert tell(Config(), why, None, NOON)[0] == Emit("said", fault)


def test_words_can_go_before_it() -> None:
    assert tell(Config(about="Octopus"), "no answer", None, NOON)[0] == Emit("said", Fault("Octopus: no answer"))


def test_the_status_is_red_for_as_long_as_it_was_told() -> None:
    cfg = Config(lasts=timedelta(minutes=5))

    assert tell(cfg, "no answer", None, NOON)[1:] == [
        Status("no answer", "red"),
        Timer("quiet", NOON + timedelta(minutes=5)),
    ]
    assert tell(cfg, None, Due("quiet"), NOON) == [Status("quiet")]


def test_nothing_else_is_an_alarm() -> None:
    assert tell(Config(), None, Started(), NOON) == []  # type: ignore[arg-type]
