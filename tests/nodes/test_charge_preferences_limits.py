"""chargePreferences: what is sent keeps within what Octopus allows for the car."""

from decimal import Decimal

import pytest
from preferences_talk import car, sent

from wattwire.nodes import Json
from wattwire.nodes.kraken_limits import Limits, limits
from wattwire.nodes.kraken_schedules import Preferences

NARROW: Json = {
    "id": "1",
    "min": 50,
    "max": "95",
    "step": 10,
    "timeFrom": "04:00:00",
    "timeTo": "11:00",
    "timeStep": 60,
}


@pytest.mark.parametrize(
    ("wish", "days"),
    [
        (Preferences(percent=10), ["50 07:30"] * 7),
        (Preferences(percent=100), ["90 07:30"] * 7),  # 95 is no step from 50
        (Preferences(percent=64), ["60 07:30"] * 7),
        (Preferences(ready_by="11:00"), ["80 11:00"] * 7),
        (Preferences(ready_by="04:00"), ["80 04:00"] * 7),
        (Preferences(ready_by="11:30"), ["11:30"]),
        (Preferences(ready_by="04:30"), ["04:30"]),
        (Preferences(percent=60, ready_by="03:00"), ["03:00"]),  # the percentage, too
        (Preferences(percent=60), ["60 07:30"] * 7),  # a time of Octopus's own is kept, allowed or not
    ],
)
def test_the_limits_are_the_device_s_own(wish: Preferences, days: list[str]) -> None:
    """A single time stands for the refusal of it."""
    refused = "refused: charge preferences: {!r} is not a time that Octopus allows: 04:00 to 11:00 in steps of 60 min"
    expect = days if len(days) == 7 else [refused.format(days[0])]

    assert sent(wish, car("80 07:30", setting=NARROW)) == expect


@pytest.mark.parametrize(
    ("setting", "found"),
    [
        (None, Limits()),
        ({"min": None, "max": "junk", "step": 0, "timeFrom": None, "timeTo": "noon", "timeStep": "x"}, Limits()),
        ({"min": -5, "max": "80.0", "step": -5, "timeStep": 1800}, Limits(least=Decimal(-5), most=Decimal(80))),
        ({"timeFrom": "00:00:00", "timeTo": "00:00:00", "timeStep": "00:30:00"}, Limits(last=1440, every=30)),
        ({"timeFrom": "20:00", "timeTo": "06:00", "timeStep": 15}, Limits(first=1200, last=360, every=15)),
    ],
)
def test_what_octopus_does_not_tell_of_its_limits_is_as_in_its_app(setting: Json, found: Limits) -> None:
    assert limits(car(setting=setting)) == found


def test_times_may_be_allowed_over_midnight() -> None:
    over = Limits(first=1200, last=360)

    assert [over.allows(t) for t in ("19:30", "20:00", "23:30", "00:00", "06:00", "06:30")] == [
        False,
        True,
        True,
        True,
        True,
        False,
    ]
