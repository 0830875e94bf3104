"""What every node that writes to Octopus does with a wish: smartControl, chargeCap and, never twice, boostCharge."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from kraken_talk import NOW, TOKEN, Talk, car, cars, error, suspending

from wattwire.nodes import (
    Budget,
    Fault,
    Json,
    Node,
    Request,
    Secret,
    boost_charge,
    charge_cap,
    smart_control,
)
from wattwire.nodes.kraken_errands import Ask, Settled

SECOND = timedelta(seconds=1)


TOOK: Json = {"data": {"updateDeviceSmartControl": {"id": "car-1"}}}


def pending() -> Talk:
    talk = suspending()
    talk.hear(TOOK)
    return talk


def test_it_looks_before_it_writes_and_the_account_s_whole_budget_is_a_person_s() -> None:
    talk = suspending()

    look, write = talk.asked
    assert (look.tag, write.tag) == ("read", "write car-1")
    assert isinstance(look.json, dict)
    assert look.json["variables"] == {"account": "A-1"}
    assert write == Request(
        method="POST",
        url="https://api.octopus.energy/v1/graphql/",
        json={
            "query": "mutation Steer($wish: SmartControlInput!) { updateDeviceSmartControl(input: $wish) { id } }",
            "variables": {"wish": {"deviceId": "car-1", "action": "SUSPEND"}},
        },
        authorization=Secret("t"),
        tag="write car-1",
        budgets=(Budget(name="octopus bc4e7b", most=60, per=timedelta(hours=1)),),
    )


def test_what_octopus_took_is_pending_until_the_device_shows_it() -> None:
    talk = suspending()

    assert talk.hear(TOOK) == ["pending"]
    assert talk.say("look") == []
    assert talk.hear(cars()) == ["pending"]
    assert talk.say("look") == []
    assert talk.hear(cars(car(isSuspended=True))) == ["confirmed"]
    assert talk.emits[0].body == Settled(at=NOW, device="car-1", what="suspend smart charging")
    assert talk.state.wishes == ()
    assert talk.tags == ["read", "write car-1", "read", "read"]


def test_took_and_never_shown_is_refused_in_the_end() -> None:
    talk = pending()
    talk.now += 225 * SECOND

    assert talk.say("give_up", Fault("the device does not show it yet")) == ["refused"]
    assert talk.why == "suspend smart charging: Octopus took it, yet the device does not show it"
    assert talk.say("look") == []
    assert talk.tags == ["read", "write car-1"]  # nothing is in hand any more


def test_what_was_written_just_now_is_not_given_up_with_an_earlier_wish() -> None:
    talk = pending()
    talk.now += 30 * SECOND

    assert talk.say("give_up", Fault("the device does not show it yet")) == ["pending"]
    assert len(talk.state.wishes) == 1


@pytest.mark.parametrize(
    ("json", "status", "port", "again"),
    [
        # A token, a limit, a firewall: nothing was done, so it is asked again after the next look
        (error("KT-CT-1124"), 200, "unauthorised", True),
        (error("KT-CT-1143"), 200, "unauthorised", True),
        (error("KT-CT-1111"), 200, "unauthorised", True),
        ({"detail": "no"}, 401, "unauthorised", True),
        (error("KT-CT-1199"), 200, "throttled", True),
        ({"detail": "wait"}, 429, "throttled", True),
        (None, 403, "blocked", True),
        (error("KT-CT-4313"), 200, "gone", True),
        (error("KT-CT-4314"), 200, "failed", True),
        (error("KT-CT-1147"), 200, "failed", True),
        # Octopus tried in vain
        *((error(f"KT-CT-{n}"), 200, "undone", True) for n in (4353, 4358, 4359, 4374, 4389, 4390)),
        # Nobody knows: suspending twice does no harm
        (error("KT-CT-7899"), 200, "failed", True),
        (None, 502, "failed", True),
        (None, 0, "failed", True),
        (None, 200, "failed", True),
        ({"data": {"updateDeviceSmartControl": None}}, 200, "failed", True),
        # It would not help
        (error("KT-CT-1113"), 200, "refused", False),
        (error("KT-CT-4123"), 200, "refused", False),
        (error("KT-CT-1145"), 200, "refused", False),
        (error("KT-CT-4321"), 200, "refused", False),
        ({"errors": [{"message": "gone", "locations": [{"line": 1, "column": 2}]}]}, 200, "refused", False),
    ],
)
def test_every_answer_to_a_write_has_its_outcome(json: Json, status: int, port: str, again: bool) -> None:
    talk = suspending()
    sent = talk.hear(json, status)
    talk.say("look")
    talk.hear(cars())

    assert sent == [port]
    assert talk.tags.count("write car-1") == (2 if again else 1)


def test_a_spent_budget_is_an_outcome_of_its_own() -> None:
    talk = suspending()

    sent = talk.hear(None, 0, spent="octopus bc4e7b", why="60 calls", headers={"retry-after": "37"})
    assert (sent, talk.emits[0].body) == (["spent"], Fault("60 calls", None, None, 37.0))


@pytest.mark.parametrize("node", [smart_control.NODE, charge_cap.NODE, boost_charge.NODE])
def test_finer_outcomes_leave_by_the_coarser_where_no_edge_follows_them(node: Node) -> None:
    assert {name: port.refines for name, port in node.outs.items() if port.refines} == {
        "blocked": "failed",
        "undone": "failed",
        "gone": "failed",
        "spent": "throttled",
    }
    assert node.actuator


def test_a_lost_answer_to_what_was_done_is_confirmed_by_the_look_and_not_asked_again() -> None:
    talk = suspending()
    talk.hear(None, 502)
    talk.say("look")

    assert talk.hear(cars(car(isSuspended=True))) == ["confirmed"]
    assert talk.tags == ["read", "write car-1", "read"]


@pytest.mark.parametrize(
    ("stage", "fault", "why"),
    [
        ("taken", Fault("HTTP 502", 502), "Octopus took it, yet the device does not show it"),
        (
            "asked",
            Fault("HTTP 502", 502),
            "it is not known whether Octopus took it, and the device does not show it",
        ),
        ("asked", Fault("Unable to suspend.", 200, "KT-CT-4358"), "given up: Unable to suspend."),
        ("new", Fault("no token yet"), "given up: no token yet"),
    ],
)
def test_what_is_given_up_says_how_far_it_came(stage: Any, fault: Fault, why: str) -> None:
    talk = pending()
    talk.state = replace(talk.state, wishes=(replace(talk.state.wishes[0], stage=stage),))
    talk.now += 600 * SECOND

    assert talk.say("give_up", fault) == ["refused"]
    assert talk.why == f"suspend smart charging: {why}"


@pytest.mark.parametrize(
    ("json", "status", "port"),
    [
        (error("KT-CT-1124"), 200, "unauthorised"),
        (error("KT-CT-1199"), 200, "throttled"),
        (error("KT-CT-4301"), 200, "gone"),
        (error("KT-CT-4123"), 200, "refused"),
        (None, 403, "blocked"),
        (None, 502, "failed"),
        ({"data": {"devices": None}}, 200, "failed"),
        ({"errors": [{"message": "no", "path": ["devices", 0, "id"]}], "data": {"devices": [None]}}, 200, "failed"),
        (cars({"id": "x", "status": {"current": "RETIRED"}}), 200, "refused"),
    ],
)
def test_a_look_may_fail_too_and_nothing_is_written(json: Json, status: int, port: str) -> None:
    talk = Talk()
    talk.say("suspend", Ask())

    assert talk.hear(json, status) == [port]
    assert talk.tags == ["read"]


def test_a_status_that_cannot_be_read_shows_nothing() -> None:
    talk = pending()
    talk.say("look")
    partly: Json = {
        "errors": [{"message": "no", "path": ["devices", 0, "status"], "extensions": {"errorCode": "KT-CT-4360"}}],
        "data": {"devices": [{"id": "car-1", "name": "the car-1", "status": None}]},
    }

    assert talk.hear(partly) == ["pending"]


def test_without_a_token_the_wish_waits_for_one() -> None:
    talk = Talk(token=None)
    first = talk.say("suspend", Ask())
    talk.token = TOKEN
    talk.say("look")

    assert first == ["unauthorised"]
    assert talk.tags == ["read"]


def test_what_nobody_may_want_any_more_is_not_carried_out_late() -> None:
    talk = Talk(token=None)
    talk.say("suspend", Ask())
    talk.token, talk.now = TOKEN, NOW + timedelta(minutes=31)

    assert talk.say("look") == ["refused"]
    assert talk.why == "suspend smart charging: given up, as it took too long"
    assert talk.asked == []


def test_the_same_wish_twice_is_one_wish() -> None:
    talk = pending()
    talk.say("suspend", Ask())

    assert talk.hear(cars()) == ["pending"]
    assert talk.tags.count("write car-1") == 1


def test_suspending_what_is_suspended_is_asked_all_the_same() -> None:
    """Somebody may have resumed it in the app a moment ago, and it does not show yet."""
    talk = Talk()
    talk.say("suspend", Ask())
    talk.hear(cars(car(isSuspended=True)))

    assert talk.tags == ["read", "write car-1"]


def test_a_newer_wish_overtakes_the_one_under_way() -> None:
    talk = pending()
    talk.say("resume", Ask())

    assert talk.hear(cars()) == ["refused"]
    assert talk.why == "suspend smart charging: overtaken by a newer wish"
    assert talk.asked[-1].json["variables"]["wish"]["action"] == "UNSUSPEND"  # type: ignore[index]


# Each node's own


@pytest.mark.parametrize(
    ("node", "port", "wish"),
    [
        (smart_control.NODE, "suspend", {"action": "SUSPEND"}),
        (smart_control.NODE, "resume", {"action": "UNSUSPEND"}),
        (charge_cap.NODE, "on", {"enabled": True}),
        (charge_cap.NODE, "off", {"enabled": False}),
        (boost_charge.NODE, "boost", {"action": "BOOST"}),
        (boost_charge.NODE, "cancel", {"action": "CANCEL"}),
    ],
)
def test_each_port_is_one_word_of_octopus_s(node: Node, port: str, wish: dict[str, Json]) -> None:
    talk = suspending(node, port)

    assert talk.asked[1].json["variables"] == {"wish": {"deviceId": "car-1", **wish}}  # type: ignore[index]


@pytest.mark.parametrize(
    ("node", "port", "shows", "unlike"),
    [
        (smart_control.NODE, "suspend", car(isSuspended=True), car(isSuspended=False)),
        (smart_control.NODE, "resume", car(isSuspended=False), car(isSuspended=True)),
        (smart_control.NODE, "resume", car(isSuspended=False), car(isSuspended=None)),
        (boost_charge.NODE, "boost", car(currentState="BOOSTING"), car()),
        (boost_charge.NODE, "cancel", car(), car(currentState="BOOSTING")),
        (boost_charge.NODE, "cancel", car(), car(currentState=None)),
        (charge_cap.NODE, "on", {"id": "car-1", "cap": {"isChargingDurationCapped": "ENABLED"}}, car()),
        (
            charge_cap.NODE,
            "off",
            {"id": "car-1", "cap": {"isChargingDurationCapped": "DISABLED"}},
            {"id": "car-1", "cap": {"isChargingDurationCapped": "NOT_APPLICABLE"}},
        ),
    ],
)
def test_only_the_device_s_own_word_confirms(node: Node, port: str, shows: Json, unlike: Json) -> None:
    talk = suspending(node, port)
    talk.hear({"data": {"theMutation": {"id": "car-1"}}})
    talk.say("look")
    first = talk.hear(cars(unlike))
    talk.say("look")

    assert (first, talk.hear(cars(shows))) == (["pending"], ["confirmed"])


def test_a_cap_that_is_on_is_not_written_again() -> None:
    talk = Talk(charge_cap.NODE)
    talk.say("on", Ask())

    assert talk.hear(cars({"id": "car-1", "cap": {"isChargingDurationCapped": "ENABLED"}})) == ["confirmed"]
    assert talk.tags == ["read"]
