"""What a person asks of Octopus, while a token expires or a budget is spent."""

from datetime import datetime

import pytest
from wishes import SET, World, at, confirmed, lived, said, story

from wattwire.nodes import Reply, Request, Secret


def expiring(code: str, since: float) -> World:
    """The token of the start is refused from so many seconds on."""
    first: list[Secret] = []

    def world(node: str, request: Request, now: datetime) -> Reply | None:
        if request.authorization is None or "simOctopus" not in request.url:
            return None
        first.append(request.authorization)
        if request.authorization == first[0] and now >= at(since):
            return Reply(200, {"errors": [{"message": "expired", "extensions": {"errorCode": code}}], "data": None})
        return None

    return world


@pytest.mark.parametrize("code", ["KT-CT-1124", "KT-CT-1139", "OE-0103"])
def test_a_token_that_expires_before_the_wish_is_renewed_and_the_wish_carried_out(code: str) -> None:
    bench = lived((600, "smartControl.suspend", None), until=700, world=expiring(code, 599))

    assert story(bench, "smartControl") == [
        "600 read",
        "600 unauthorised",
        "610 read",
        "610 write",
        "610 pending",
        "625 read",
        "625 confirmed",
    ]
    assert len(bench.times("krakenToken.token")) == 2


def test_a_token_that_expires_between_the_write_and_the_look_does_not_write_twice() -> None:
    bench = lived((600, "boostCharge.boost", None), until=700, world=expiring("KT-CT-1124", 605))

    assert story(bench, "boostCharge") == [
        "600 read",
        "600 write",
        "600 pending",
        "615 read",
        "615 unauthorised",
        "625 read",
        "625 confirmed",
    ]


def test_polling_that_has_used_its_calls_leaves_some_to_a_person() -> None:
    polls = [(float(n), "krakenDevice.poll", None) for n in range(20, 400, 5)]
    bench = lived(*polls, (450, "chargePreferences.set", SET), until=500)

    assert bench.times("krakenDevice.throttled") != []
    assert confirmed(bench, "chargePreferences") == ["85 % by 06:00 every day"]


def test_a_spent_budget_is_waited_for_and_what_takes_too_long_is_not_carried_out() -> None:
    def spent(node: str, request: Request, now: datetime) -> Reply | None:
        left = (at(1900) - now).total_seconds()
        if node != "smartControl" or left <= 0:
            return None
        return Reply(0, spent="octopus 9a8a46", why="60 calls an hour", headers={"retry-after": f"{left:.0f}"})

    soon = lived((1000, "smartControl.suspend", None), until=2000, world=spent)
    late = lived((50, "smartControl.suspend", None), until=2000, world=spent)

    assert story(soon, "smartControl")[1:] == [
        "1000 spent",
        "1900 read",
        "1900 write",
        "1900 pending",
        "1915 read",
        "1915 confirmed",
    ]
    assert story(late, "smartControl")[1:] == ["50 spent", "1900 refused"]
    assert said(late) == ["suspend smart charging: given up, as it took too long"]


def test_a_person_who_sends_many_wishes_runs_into_the_budget_and_not_into_octopus() -> None:
    wishes = [(100.0 + 5 * n, f"smartControl.{'resume' if n % 2 else 'suspend'}", None) for n in range(60)]
    bench = lived(*wishes, until=600)

    assert bench.times("smartControl.spent") != []
    assert sum("simOctopus" in s.request.url for s in bench.seen if s.request) > 60  # asked, and not made
    assert bench.times("smartControl.throttled") == []
