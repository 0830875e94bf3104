"""powerwall against a small made-up site: leases on the backup reserve, and the household's own reserve put back."""

from typing import Any

import pytest
from powerwall_talk import HOUR, MINUTE, NOW, TOKEN, Site, lease

from wattwire.nodes import Budget, Due, Emit, Reply, Request
from wattwire.nodes.messages import House, Lease
from wattwire.nodes.powerwall import ask, read
from wattwire.nodes.powerwall_replies import house
from wattwire.nodes.powerwall_site import State


@pytest.mark.parametrize(
    ("settings", "wish", "reserve"),
    [
        ({}, lease("hold"), 57),
        ({"soc": 93.0}, lease("hold"), 80),  # between 80 and 100 there is nothing
        ({"soc": 12.0}, lease("hold"), 20),  # never below the household's own
        ({}, lease("charge", 75.0), 75),
        ({}, lease("charge", 95.0), 80),  # more could not be held, and not every Powerwall takes it
        ({}, lease("charge"), 80),
        ({"highest": 100}, lease("charge", 95.0), 95),
        ({"reserve": 100}, lease("charge", 95.0), 100),
        ({"reserve": 80}, lease("charge", 60.0), 80),
    ],
)
def test_a_lease_is_a_reserve_and_its_end_puts_the_own_one_back(settings: Any, wish: Lease, reserve: float) -> None:
    site = Site(**settings)
    own = site.reserve
    assert site.hear(wish) == [("confirmed", wish.mode)]
    assert (site.reserve, site.timers) == (reserve, [NOW + HOUR])

    site.now = NOW + HOUR
    assert site.hear(event=Due("end")) == [("confirmed", "release")]
    assert site.reserve == own
    assert site.state == State(soc=site.soc, bearer=TOKEN.token)


def test_a_hold_does_not_follow_a_falling_charge() -> None:
    site = Site(soc=57.0)
    site.hear(lease("hold"))
    site.soc = 55.0
    site.hear()

    assert site.reserve == 57


@pytest.mark.parametrize(("risen", "reserve"), [(79.4, 79), (93.0, 80), (None, 57)])
def test_a_hold_follows_a_rising_charge_and_never_falls_again(risen: float | None, reserve: float) -> None:
    site = Site(soc=57.4)
    site.hear(lease("hold"))
    site.soc = risen
    assert site.hear() == []
    assert site.reserve == reserve

    site.soc, site.now = 55.0, NOW + 50 * MINUTE
    assert site.hear(lease("hold", long=2 * HOUR)) == [("confirmed", "hold")]
    assert site.reserve == reserve
    assert (site.hear(lease("release")), site.reserve) == ([("confirmed", "release")], 20)


def test_a_rise_that_may_have_been_written_is_looked_at_before_it_is_written_again() -> None:
    site = Site(soc=57.4)
    site.hear(lease("hold"))
    site.soc, site.fails["backup"] = 70.2, Reply(504)
    assert [port for port, _ in site.hear()] == ["failed"]
    assert site.reserve == 57

    assert site.hear() == []
    assert site.reserve == 70


def test_nothing_is_written_when_nothing_is_wished() -> None:
    site = Site()
    assert site.hear() == []
    assert site.hear(lease("release")) == [("confirmed", "release")]

    assert "backup" not in site.requests


def test_what_was_not_taken_is_refused_and_tried_again_at_the_next_look() -> None:
    site = Site()
    site.takes = False
    ((port, why),) = site.hear(lease("hold"))
    assert (port, why) == ("refused", "the Powerwall shows a reserve of 20.0, not what was written")

    site.takes = True
    assert site.hear() == [("confirmed", "hold")]


def test_an_unknown_outcome_is_looked_at_before_it_is_written_again() -> None:
    site = Site()
    site.fails["backup"] = Reply(504)
    assert [port for port, _ in site.hear(lease("hold"))] == ["failed"]
    site.reserve = 57  # it had been taken
    site.requests.clear()

    assert site.hear() == [("confirmed", "hold")]
    assert site.requests == ["live_status", "site_info"]


@pytest.mark.parametrize(
    ("told", "islanded", "controllable"),
    [("Active", False, True), ("Inactive", True, False), ("Unknown", None, False), (None, None, False)],
)
def test_an_unknown_grid_is_neither_there_nor_gone(told: str | None, islanded: bool | None, controllable: bool) -> None:
    seen = house({"grid_status": told}, NOW)

    assert (seen.islanded, seen.controllable) == (islanded, controllable)


@pytest.mark.parametrize(
    ("reply", "port"),
    [
        (Reply(401), "unauthorised"),
        (Reply(403), "refused"),
        (Reply(404), "refused"),
        (Reply(429), "throttled"),
        (Reply(0, spent="tesla spend"), "spent"),
        (Reply(0, spent="powerwall 12345"), "throttled"),
        (Reply(503), "failed"),
        (Reply(200, {"response": None}), "failed"),
    ],
)
def test_trouble_leaves_the_wish_for_the_next_look(reply: Reply, port: str) -> None:
    site = Site()
    site.fails["live_status"] = reply
    assert [p for p, _ in site.hear(lease("hold"))] == [port]

    assert site.hear() == [("confirmed", "hold")]


@pytest.mark.parametrize(("ours", "pounds"), [(None, 8.0), (57.0, 9.0)])
def test_the_way_back_to_the_own_reserve_may_cost_a_pound_more(ours: float | None, pounds: float) -> None:
    site = Site()
    _, results = ask(site.cfg, State(wrote=ours), object(), None, None, NOW, token=TOKEN)
    (request,) = results
    assert isinstance(request, Request)

    assert request.budgets == (
        Budget(name="powerwall 12345", most=60, per=HOUR),
        Budget(name="tesla spend", most=pounds, per="month", cost=1 / 650),
    )


def test_an_unknown_charge_is_not_held() -> None:
    assert Site(soc=None).hear(lease("hold")) == [("refused", "the state of charge is not known")]


def test_without_a_token_it_asks_for_one() -> None:
    assert Site().hear(lease("hold"), token=None) == [("unauthorised", "no token yet")]


def test_in_the_shadow_it_writes_nothing() -> None:
    site = Site(shadow=True)

    assert site.hear(lease("hold")) == [("refused", "only watching; it would hold")]
    assert site.requests == []


def test_teslas_signs_are_turned() -> None:
    site = Site()
    _, results = ask(site.cfg, State(), object(), None, None, NOW, token=TOKEN)
    request = results[0]
    assert isinstance(request, Request)
    _, told = read(site.cfg, State(), site.answer(request))

    (emit,) = told
    assert isinstance(emit, Emit)
    assert emit.body == House(
        at=NOW, soc=57.4, grid=0.0, battery=-1200.0, load=1500.0, pv=300.0, controllable=True, islanded=False
    )
