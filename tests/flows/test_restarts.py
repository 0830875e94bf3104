"""When a process that ended is started again."""

from __future__ import annotations

import pytest

from wattwire.flows.engine.restarts import Restarts


def waits(*crashes: tuple[float, float]) -> list[float]:
    """For crashes as (started, ended)."""
    policy = Restarts()
    return [policy.crashed(started, ended) for started, ended in crashes]


@pytest.mark.parametrize(
    ("crashes", "expected"),
    [
        ([(0, 1)], [0.1]),
        ([(0, 20), (20, 40), (40, 60), (60, 80)], [0.1, 0.2, 0.4, 0.8]),
        ([(0, 20), (20, 79.9), (80, 139.9)], [0.1, 0.2, 0.4]),
        ([(0, 20), (20, 40), (40, 100)], [0.1, 0.2, 0.1]),  # a minute of good running makes good for it
        ([(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (65, 66), (126, 127)], [0.1, 0.2, 0.4, 0.8, 60, 60, 60]),
        ([(0, 1), (1, 2), (2, 3), (3, 4), (4, 5), (65, 125)], [0.1, 0.2, 0.4, 0.8, 60, 0.1]),
        ([(t, t + 13) for t in range(0, 65, 13)], [0.1, 0.2, 0.4, 0.8, 60]),
        ([(t, t + 16) for t in range(0, 80, 16)], [0.1, 0.2, 0.4, 0.8, 1.6]),  # five, but in more than a minute
    ],
)
def test_the_wait_doubles_and_five_crashes_in_a_minute_are_a_loop(
    crashes: list[tuple[float, float]], expected: list[float]
) -> None:
    assert waits(*crashes) == expected


def test_the_wait_is_never_longer_than_half_a_minute_outside_a_loop() -> None:
    assert waits(*[(t * 59.0, t * 59.0 + 50) for t in range(12)])[-3:] == [30.0, 30.0, 30.0]


def test_a_person_who_wants_it_tried_is_not_kept_waiting() -> None:
    policy = Restarts()
    for second in range(6):
        policy.crashed(second, second + 0.5)
    policy.forgive()

    assert not policy.looping
    assert policy.crashed(10, 11) == 0.1
    assert policy.crashes == 7
