"""chargePreferences: what is sent to Octopus for what a person says and what Octopus has, and what is told of it."""

import json
from pathlib import Path
from typing import Any

import pytest
from preferences_talk import CFG, DAYS, NOW, TOKEN, car, devices, said, sent, week, written

from wattwire.nodes import Emit, Fault, Json, Reply, Request
from wattwire.nodes.charge_preferences import NODE, read, run
from wattwire.nodes.kraken_errands import Settled, State
from wattwire.nodes.kraken_limits import Limits
from wattwire.nodes.kraken_schedules import Aim, Preferences
from wattwire.nodes.kraken_switches import RESUME, SUSPEND

FILE = Path(__file__).resolve().parent.parent / "world" / "cases" / "kraken.json"
CASES: dict[str, Any] = {case["id"]: case for case in json.loads(FILE.read_text())["cases"]}
TOOK: Json = {"data": {"setDevicePreferences": {"id": "car-1"}}}

HAD = ["75 07:30"]


@pytest.mark.parametrize(
    ("wish", "days"),
    [
        (Preferences(percent=90), ["90 07:30"] * 7),  # what is not given is kept
        (Preferences(ready_by="06:00"), ["75 06:00"] * 7),
        (Preferences(percent=60, ready_by="23:30"), ["60 23:30"] * 7),
        (Preferences(days={"saturday": Aim(percent=100)}), [*HAD * 5, "100 07:30", *HAD]),
        (Preferences(days={"Sat": Aim(ready_by="10:00")}), [*HAD * 5, "75 10:00", *HAD]),
        (Preferences(days={"weekend": Aim(percent=95)}), [*HAD * 5, *["95 07:30"] * 2]),
        (Preferences(days={"weekdays": Aim(percent=70)}), [*["70 07:30"] * 5, *HAD * 2]),
        (
            Preferences(percent=70, days={"sunday": Aim(percent=100, ready_by="11:00")}),
            [*["70 07:30"] * 6, "100 11:00"],
        ),
        (Preferences(percent=83), ["85 07:30"] * 7),  # the nearest step
        (Preferences(percent=82), ["80 07:30"] * 7),
        (Preferences(percent=82.5), ["85 07:30"] * 7),
        (Preferences(percent=1), ["5 07:30"] * 7),  # and within the limits
        (Preferences(percent=250), ["100 07:30"] * 7),
        (Preferences(percent=1e300), ["100 07:30"] * 7),
    ],
)
def test_all_seven_days_are_sent_as_said_and_else_as_they_are(wish: Preferences, days: list[str]) -> None:
    assert sent(wish, car("75 07:30")) == days


def test_days_that_octopus_has_apart_stay_apart() -> None:
    had = ("80 07:30", "80 07:30", "60 05:00", "80 07:30", "80 07:30", "100 10:00", "100 10:00")

    assert sent(Preferences(ready_by="06:00"), car(*had)) == [
        *["80 06:00"] * 2,
        "60 06:00",
        *["80 06:00"] * 2,
        *["100 06:00"] * 2,
    ]


def test_the_whole_question_is_today_s_api() -> None:
    _, results = said(Preferences(percent=90), car("80 07:30"))
    days = [{"dayOfWeek": day, "time": "07:30", "max": "90"} for day in DAYS]

    assert isinstance(results[0], Request)
    assert results[0].json == {
        "query": "mutation Prefer($wish: SmartFlexDevicePreferencesInput!) "
        "{ setDevicePreferences(input: $wish) { id } }",
        "variables": {"wish": {"deviceId": "car-1", "mode": "CHARGE", "unit": "PERCENTAGE", "schedules": days}},
    }


def test_a_lower_limit_that_octopus_has_is_kept() -> None:
    days: Json = [{"dayOfWeek": day, "time": "07:30:00", "min": "20.0", "max": "80.0"} for day in DAYS]
    _, results = said(Preferences(percent=90), car(preferences={"schedules": days}))

    assert isinstance(results[0], Request)
    assert "'min': '20', 'max': '90'" in str(results[0].json)


@pytest.mark.parametrize(
    ("wish", "why"),
    [
        (Preferences(), "nothing to set: say percent, ready_by or days"),
        (Preferences(days={"monday": Aim()}), "nothing to set: say percent, ready_by or days"),
        (Preferences(percent=80, days={"caturday": Aim(percent=100)}), "'caturday' is not a day of the week"),
        (Preferences(percent=80, days={"s": Aim(percent=100)}), "'s' is not a day of the week"),
        (Preferences(percent=0), "0 % is not a level to charge to"),
        (Preferences(percent=-10, ready_by="07:00"), "-10 % is not a level to charge to"),
        (Preferences(percent=80, days={"sunday": Aim(percent=0)}), "0 % is not a level to charge to"),
    ],
)
def test_what_makes_no_wish_is_refused_without_asking_octopus(wish: Preferences, why: str) -> None:
    state, results = run(CFG, State(), wish, None, None, token=TOKEN, now=NOW)

    assert (state, results) == (State(), [Emit("refused", Fault(why))])


def test_what_is_so_already_is_not_written_again() -> None:
    state, results = said(Preferences(percent=80, ready_by="07:30"), car("80 07:30"))

    assert results == [Emit("confirmed", Settled(at=NOW, device="car-1", what="80 % by 07:30 every day"))]
    assert state.wishes == ()


@pytest.mark.parametrize("provider", ["OHME", "OHME_V2", "ohme", "Ohme"])
def test_an_ohme_charger_is_left_to_ohme(provider: str) -> None:
    assert sent(Preferences(percent=90), car("80 07:30", provider=provider)) == [
        "refused: charge preferences: an Ohme charger is set in Ohme's own app; "
        "written here, Octopus may end its smart charging"
    ]


def test_a_schedule_in_degrees_is_no_car_s() -> None:
    shown = car(preferences={"mode": "CHARGE", "unit": "CELSIUS", "schedules": week("20 07:30")})
    why = "refused: charge preferences: its schedule is in degrees, so it is no car or charger"

    assert sent(Preferences(percent=90), shown) == [why]
    assert sent(Preferences(percent=90, ready_by="07:00"), shown) == [why]


def test_preferences_that_cannot_be_read_are_not_made_up() -> None:
    assert sent(Preferences(percent=90), car()) == ["failed: the car's preferences could not be read"]
    assert sent(Preferences(percent=90, ready_by="07:00"), car()) == ["90 07:00"] * 7


def test_a_day_that_octopus_lacks_must_be_said() -> None:
    days: Json = [{"dayOfWeek": day, "time": "07:30:00", "min": None, "max": 80.0} for day in DAYS[:6]]

    assert sent(Preferences(percent=90), car(preferences={"schedules": days})) == [
        "refused: charge preferences: Octopus has no target for Sunday: say percent and ready_by"
    ]


@pytest.mark.parametrize("most", ["0", 0, "-5.0", "", None])
def test_what_is_no_target_is_not_sent_back_as_one(most: Json) -> None:
    days: Json = [{"dayOfWeek": day, "time": "07:30:00", "min": None, "max": most} for day in DAYS]
    shown = car(preferences={"schedules": days})

    assert sent(Preferences(ready_by="06:00"), shown) == [
        "refused: charge preferences: Octopus has no target for Monday: say percent and ready_by"
    ]
    assert sent(Preferences(percent=90), shown) == ["90 07:30"] * 7


def test_it_is_confirmed_when_every_day_shows() -> None:
    state, _ = said(Preferences(percent=90), car("80 07:30"))
    state, pending = read(CFG, state, Reply(200, TOOK, at=NOW, tag="write car-1"))
    state, partly = read(CFG, state, devices(car(*["90 07:30"] * 6, "80 07:30")))
    state, wholly = read(CFG, state, devices(car("90 07:30")))

    told = Emit("pending", Fault("90 % by 07:30 every day: the device does not show it yet"))
    assert (pending, partly) == ([told], [told])
    assert wholly == [Emit("confirmed", Settled(at=NOW, device="car-1", what="90 % by 07:30 every day"))]


def test_what_another_changes_meanwhile_on_another_day_does_not_hinder() -> None:
    state, _ = said(Preferences(days={"monday": Aim(percent=90)}), car("80 07:30"))
    state, _ = read(CFG, state, Reply(200, TOOK, at=NOW, tag="write car-1"))
    _, results = read(CFG, state, devices(car("90 07:30", "60 05:00")))

    assert [r.port for r in results if isinstance(r, Emit)] == ["confirmed"]


def test_a_second_wish_keeps_what_the_first_one_changed_though_it_does_not_show_yet() -> None:
    """There is no patch: the week that shows is the old one, and to send it again would undo the first wish."""
    state, _ = said(Preferences(percent=90), car("80 07:30"))
    state, _ = read(CFG, state, Reply(200, TOOK, at=NOW, tag="write car-1"))

    assert sent(Preferences(days={"sunday": Aim(ready_by="10:00")}), car("80 07:30"), state=state) == [
        *["90 07:30"] * 6,
        "90 10:00",
    ]
    assert sent(Preferences(percent=70), car("80 07:30"), state=state) == ["70 07:30"] * 7


def test_going_back_to_what_still_shows_is_written() -> None:
    state, _ = said(Preferences(percent=90), car("80 07:30"))
    state, _ = read(CFG, state, Reply(200, TOOK, at=NOW, tag="write car-1"))

    assert sent(Preferences(percent=80), car("80 07:30"), state=state) == ["80 07:30"] * 7


def test_a_refusal_by_octopus_is_told_with_its_reason() -> None:
    state, _ = said(Preferences(percent=90), car("80 07:30"))
    error: Json = {"errors": [{"message": "Invalid.", "extensions": {"errorCode": "KT-CT-4321"}}], "data": None}
    _, results = read(CFG, state, Reply(200, error, at=NOW, tag="write car-1"))

    why = "90 % by 07:30 every day: Octopus does not take these values: Invalid."
    assert results == [Emit("refused", Fault(why, 200, "KT-CT-4321"))]


@pytest.mark.parametrize(
    ("wish", "what"),
    [
        (Preferences(percent=90), "90 % by 07:30 every day"),
        (Preferences(days={"weekend": Aim(percent=100)}), "80 % by 07:30 Mon-Fri, 100 % by 07:30 Sat-Sun"),
        (
            Preferences(days={"wednesday": Aim(ready_by="05:00")}),
            "80 % by 07:30 Mon-Tue, 80 % by 05:00 Wed, 80 % by 07:30 Thu-Sun",
        ),
    ],
)
def test_it_says_what_it_does_in_words(wish: Preferences, what: str) -> None:
    state, _ = said(wish, car("80 07:30"))

    assert state.wishes[0].what == what


def test_where_a_percentage_is_added_it_says_so() -> None:
    """Octopus cannot read every car's charge; then 30 is 30 % more, however full it is."""
    adding: Json = {"unit": "PERCENTAGE", "targetType": "RELATIVE_STATE_OF_CHARGE", "schedules": week("20 07:30")}
    state, _ = said(Preferences(days={"sunday": Aim(percent=30)}), car(preferences=adding))
    _, settled = said(Preferences(percent=20), car(preferences=adding))

    assert state.wishes[0].what == "20 % more by 07:30 Mon-Sat, 30 % more by 07:30 Sun"
    assert settled == [Emit("confirmed", Settled(at=NOW, device="car-1", what="20 % more by 07:30 every day"))]


def test_a_shadow_run_mutes_it() -> None:
    assert NODE.actuator


# Other people's cases


def test_ready_by_times() -> None:
    given, expect = CASES["L01"]["given"], CASES["L01"]["expect"]

    assert [Limits().allows(value) for value in given["values"]] == expect


@pytest.mark.parametrize("name", ["L04", "L05"])
def test_what_is_planned_for_a_payload(name: str) -> None:
    given, expect = CASES[name]["given"], CASES[name]["expect"]
    payload, confirmed = given["payload"], given["confirmed"]
    wish = Preferences(percent=payload.get("set_limit"), ready_by=payload.get("set_time"))
    _, results = said(wish, car(f"{confirmed['limit']} {confirmed['time']}"))

    days = {day for r in results if isinstance(r, Request) for day in written(r)}
    assert days == {f"{change['limit']} {change['time']}" for change in expect}


def test_smart_control_s_words() -> None:
    given, expect = CASES["L06"]["given"], CASES["L06"]["expect"]

    assert [(RESUME if on else SUSPEND)["action"] for on in given["values"]] == expect
