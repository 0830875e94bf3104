"""powerwall against a small made-up site: leases on the backup reserve, and the household's own reserve put back."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from wattwire.nodes import Budget, Due, Emit, Reply, Request, Secret, Started, Timer
from wattwire.nodes.messages import House, Lease, Token
from wattwire.nodes.powerwall import Config, ask, read
from wattwire.nodes.powerwall_replies import house
from wattwire.nodes.powerwall_site import State

NOW = datetime(2026, 11, 21, 18, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
TOKEN = Token(Secret("tesla-token"), NOW + 8 * HOUR)


class Site:
    """A Powerwall at Tesla, and the node beside it."""

    def __init__(self, soc: float | None = 57.4, reserve: float = 20, **settings: Any) -> None:
        self.cfg, self.state = Config(site="12345", **settings), State()
        self.soc, self.reserve, self.takes, self.now = soc, reserve, True, NOW
        self.fails: dict[str, Reply] = {}
        self.requests: list[str] = []
        self.timers: list[datetime | None] = []

    def hear(self, lease: Lease | None = None, event: Any = None, token: Token | None = TOKEN) -> list[Any]:
        poll = object() if lease is event is None else None
        self.state, results = ask(self.cfg, self.state, poll, lease, event, self.now, token=token)
        said: list[Any] = []
        while results:
            it = results.pop(0)
            if isinstance(it, Request):
                self.state, more = read(self.cfg, self.state, self.answer(it))
                results += more
            elif isinstance(it, Emit) and it.port == "over":  # as the edge of the flow has it
                self.state, more = ask(self.cfg, self.state, object(), None, None, self.now, token=token)
                results += more
            elif isinstance(it, Emit) and it.port != "house":
                said.append((it.port, getattr(it.body, "mode", None) or getattr(it.body, "why", None)))
            elif isinstance(it, Timer):
                self.timers.append(it.at)
        return said

    def answer(self, request: Request) -> Reply:
        what = request.url.rpartition("/")[2]
        self.requests.append(what)
        if what in self.fails:
            failed = self.fails.pop(what)
            return Reply(failed.status, failed.json, at=self.now, tag=request.tag, spent=failed.spent)
        if what == "backup":
            assert request.json is not None
            if self.takes:
                self.reserve = float(str(request.json["backup_reserve_percent"]))
            return Reply(200, {"response": {"code": 201, "message": "Updated"}}, at=self.now, tag=request.tag)
        told: Any = {"backup_reserve_percent": self.reserve}
        if what == "live_status":
            told = {"percentage_charged": self.soc, "battery_power": 1200, "grid_power": 0, "load_power": 1500,
                    "solar_power": 300, "grid_status": "Active"}  # fmt: skip
        return Reply(200, {"response": told}, at=self.now, tag=request.tag)


def lease(mode: Any, soc: float | None = None, long: timedelta = HOUR) -> Lease:
    return Lease(mode=mode, until=NOW + long, soc=soc, reason="a test", owner="test")


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


def test_a_start_puts_back_what_a_crash_left() -> None:
    site = Site()
    site.hear(lease("hold"))
    site.now = NOW + 2 * HOUR
    assert site.hear(event=Started()) == [("confirmed", "release")]

    assert site.reserve == 20


@pytest.mark.parametrize("wish", [lease("hold"), lease("charge", 75.0)])
def test_a_lease_that_is_not_over_goes_on_at_a_start_and_keeps_its_end(wish: Lease) -> None:
    site = Site()
    site.hear(wish)
    reserve, site.now = site.reserve, NOW + 10 * MINUTE
    site.timers.clear()
    assert site.hear(event=Started()) == []
    assert (site.reserve, site.timers) == (reserve, [NOW + HOUR])

    site.now = NOW + HOUR
    assert site.hear(event=Due("end")) == [("confirmed", "release")]
    assert site.reserve == 20


def test_a_lease_that_a_crash_cut_short_is_carried_out_at_the_start() -> None:
    site = Site()
    site.fails["live_status"] = Reply(503)
    site.hear(lease("hold"))

    assert site.hear(event=Started()) == [("confirmed", "hold")]


def test_a_start_after_a_clock_was_set_back_ends_a_wish() -> None:
    site = Site()
    site.hear(lease("charge"))
    site.now = NOW - 5 * HOUR

    assert site.hear(event=Started()) == [("confirmed", "release")]


def test_the_end_of_one_lease_does_not_forget_that_of_the_next() -> None:
    site = Site()
    site.hear(lease("hold"))
    for site.now, heard in ((NOW + 50 * MINUTE, lease("hold", long=2 * HOUR)), (NOW + HOUR, None)):
        site.fails["live_status"] = Reply(503)
        site.hear(heard, event=None if heard else Due("end"))

    assert site.timers == [NOW + HOUR, NOW + 110 * MINUTE]


@pytest.mark.parametrize("event", [Started(), Due("end")])
def test_an_event_asks_nothing_itself_as_only_a_message_may(event: Started | Due) -> None:
    site = Site()
    site.hear(lease("hold"))
    _, results = ask(site.cfg, site.state, None, None, event, site.now, token=TOKEN)

    assert [type(it) for it in results if not isinstance(it, Timer)] == [Emit]


def test_somebody_elses_change_is_left_alone() -> None:
    site = Site()
    site.hear(lease("hold"))
    site.reserve = 40
    assert site.hear() == [
        ("refused", "somebody set the backup reserve to 40 %; it is left alone until the next release")
    ]
    site.now = NOW + 2 * HOUR
    site.hear()

    assert site.reserve == 40


def test_a_person_who_changed_it_is_not_overridden_by_the_next_wish() -> None:
    site = Site()
    site.hear(lease("hold"))
    site.reserve = 40
    site.hear()
    why = "somebody set the backup reserve to 40 %; it is left alone until the next release"
    assert site.hear(lease("charge")) == [("refused", why)]
    assert site.reserve == 40

    assert site.hear(lease("release")) == [("confirmed", "release")]
    assert site.hear(lease("charge")) == [("confirmed", "charge")]
    assert site.hear(lease("release")) == [("confirmed", "release")]
    assert site.reserve == 40


@pytest.mark.parametrize("taken", [57, 80])
def test_a_write_that_failed_over_another_is_nobody_elses_change(taken: float) -> None:
    site = Site(soc=57.4)
    site.hear(lease("hold"))
    site.fails["backup"] = Reply(504)
    assert [port for port, _ in site.hear(lease("charge"))] == ["failed"]
    site.reserve = taken

    assert site.hear() == [("confirmed", "charge")]
    assert (site.reserve, site.hear(lease("release")), site.reserve) == (80, [("confirmed", "release")], 20)


def test_a_hold_that_goes_on_after_a_charge_that_failed_charges_nothing() -> None:
    site = Site(soc=57.4)
    site.hear(lease("hold"))
    site.fails["backup"] = Reply(504)
    site.hear(lease("charge"))
    site.reserve = 80  # it had been taken
    site.hear(lease("hold"))

    assert site.reserve == 57


def test_a_clock_set_back_ends_a_wish() -> None:
    site = Site()
    site.hear(lease("charge"))
    site.now = NOW - 5 * HOUR

    assert site.hear() == [("confirmed", "release")]
    assert site.reserve == 20


def test_in_the_shadow_not_even_its_own_reserve_is_put_back() -> None:
    site = Site()
    site.hear(lease("charge"))
    site.cfg = Config(site="12345", shadow=True)
    why = "only watching; it would set the backup reserve to 20 %"
    assert site.hear(event=Started()) == [("refused", why)]
    assert site.hear() == []

    assert site.reserve == 80


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
