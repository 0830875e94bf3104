from datetime import UTC, datetime

import pytest

from wattwire.nodes.messages import Car
from wattwire.nodes.tesla_levels import Levels, levels

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
LAST = Car(at=NOON, soc=64.0, soc_usable=61.0)


@pytest.mark.parametrize(
    ("gross", "usable", "offset", "told"),
    [
        (70.0, 68.0, None, Levels(70.0, 68.0, 2.0)),
        (70.0, 70.0, 3.0, Levels(70.0, 70.0, 0.0)),
        (70.0, None, 3.0, Levels(70.0, 67.0, 3.0, ("soc_usable",))),
        (None, 70.0, 3.0, Levels(73.0, 70.0, 3.0, ("soc",))),
        (None, 99.0, 3.0, Levels(100.0, 99.0, 3.0, ("soc",))),
        (2.0, None, 3.0, Levels(2.0, 0.0, 3.0, ("soc_usable",))),
        (None, 70.0, None, Levels(64.0, 70.0, None)),  # nothing learnt: the last one told
        (None, None, 3.0, Levels(64.0, 61.0, 3.0)),
        (0.0, 0.0, None, Levels(0.0, 0.0, 0.0)),  # an empty battery is told as empty
        (40.0, 68.0, 3.0, Levels(40.0, 68.0, 3.0)),  # such a gap teaches nothing
    ],
)
def test_both_levels_are_kept_and_one_alone_tells_the_other(
    gross: float | None, usable: float | None, offset: float | None, told: Levels
) -> None:
    assert levels(gross, usable, LAST, offset) == told


def test_nothing_is_made_up_where_nothing_was_ever_told() -> None:
    assert levels(None, None, Car(at=NOON), None) == Levels(None, None, None)
