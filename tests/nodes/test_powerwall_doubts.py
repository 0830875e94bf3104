"""powerwall after a start, a crash, a clock set back, or somebody else: whose reserve it is that stands."""

import pytest
from powerwall_talk import HOUR, MINUTE, NOW, TOKEN, Site, lease

from wattwire.nodes import Due, Emit, Reply, Started, Timer
from wattwire.nodes.messages import Lease
from wattwire.nodes.powerwall import Config, ask


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
