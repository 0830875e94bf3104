"""victronGx finds a GX and tells what the house does; the settings that it takes."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from gx_pair import ID, Pair

from wattwire.nodes import Say, Secret, gx_dial, sim_gx, victron_gx
from wattwire.nodes.gx_topics import ESS


def test_the_gx_is_found_and_the_house_is_read(pair: Pair) -> None:
    house = pair.house

    assert (house.soc, house.grid, house.battery, house.load, house.ev) == (40.0, 50.0, -490.0, 540.0, 0.0)
    assert (house.controllable, house.why_not, pair.ports()) == (True, None, [])


def test_the_house_is_told_every_10_s_and_no_oftener(pair: Pair) -> None:
    """With the first word from the GX after that; here it says something every 3 s."""
    pair.out.clear()
    pair.run(minutes=5)
    times = [at for at, _ in pair.out]

    assert len(times) == 25
    assert {later - at for at, later in pairwise(times)} == {timedelta(seconds=12)}


def test_a_car_that_begins_to_draw_is_told_at_once(pair: Pair) -> None:
    pair.draw(7000)

    assert pair.house.ev == 7000


def test_readings_that_went_null_or_away_are_unknown(pair: Pair) -> None:
    pair.set_fault("chargerGone")
    pair.set_fault("chargerGone")
    pair.publish(Say(f"N/{ID}/system/0/Dc/Battery/Soc", {"value": None}))
    pair.run(seconds=1)

    assert (pair.house.soc, pair.house.ev, pair.house.controllable) == (None, None, False)


@pytest.mark.parametrize(("amps", "watts"), [(40, 9200), (-1, None)])
def test_the_input_limit_is_told_in_watts(amps: float, watts: float | None) -> None:
    pair = Pair(sim=sim_gx.Config(input_limit=amps))
    pair.run(seconds=30)

    assert (pair.house.input_limit, pair.house.islanded) == (watts, False)


def test_the_house_is_told_by_what_a_charge_would_be_bounded(pair: Pair) -> None:
    pair.tell_gx(f"{ESS}/AcInputLimit", 40)
    pair.run(seconds=20)
    pair.draw(7000)
    pair.lease("charge", 30, soc=80)
    pair.run(seconds=20)

    assert (pair.plant.battery, pair.house.input_limit) == (1660, 9200)


@pytest.mark.parametrize(
    ("payload", "why"),
    [
        ({"value": "aaaaaaaaaaaa"}, f"two GX devices answer here, {ID} and aaaaaaaaaaaa: set portal_id"),
        (b"", None),  # what a broker kept of one that is gone was cleared
    ],
)
def test_a_second_gx_is_refused_once_it_says_something(pair: Pair, payload: Any, why: str | None) -> None:
    pair.publish(Say("N/aaaaaaaaaaaa/system/0/Serial", payload))
    pair.run(seconds=20)

    assert pair.house.why_not == why


def test_another_gx_than_the_one_set_is_refused() -> None:
    pair = Pair(victron_gx.Config(url="mqtt://flow", portal_id="aaaaaaaaaaaa"))
    pair.run(seconds=20)
    pair.lease("charge", 30)
    pair.run(seconds=20)

    assert pair.writes() == []
    assert pair.faults()[0] == "the GX here is c0619ab27f32, not aaaaaaaaaaaa as portal_id says"


@pytest.mark.parametrize(
    ("settings", "url"),
    [
        ({"host": "venus.local"}, "mqtt://venus.local:1883"),
        ({"host": "venus.local", "password": Secret("x")}, "mqtts://venus.local:8883"),
        ({"url": "mqtt://flow"}, "mqtt://flow"),
    ],
)
def test_a_password_never_travels_in_the_clear(settings: dict[str, Any], url: str) -> None:
    dial = gx_dial.dial(victron_gx.Config(**settings))

    assert (dial.url, dial.verify_hostname, dial.insecure) == (url, True, False)


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({}, "set either host or url"),
        ({"host": "a", "url": "b"}, "set either host or url"),
        ({"host": "a", "slot": 5}, "slot is 5; a GX has 0 to 4"),
        ({"host": "a", "timezone": "X"}, "no time zone is called X"),
        ({"host": "a", "keepalive": timedelta(minutes=1)}, "keepalive is 0:01:00; a GX falls silent 0:01:00"),
        ({"url": "mqtt://flow", "keepalive": timedelta()}, "keepalive is 0:00:00; a GX falls silent 0:01:00"),
    ],
)
def test_settings_that_cannot_be_meant_are_refused(settings: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        victron_gx.Config(**settings)


def test_shadow_writes_nothing_and_says_what_it_would() -> None:
    pair = Pair(victron_gx.Config(url="mqtt://flow", shadow=True))
    pair.run(seconds=20)
    pair.lease("charge", 30, soc=80)
    pair.run(minutes=40)

    assert (pair.writes(), pair.gx.will, pair.ports()) == ([], None, [])


def test_shadow_tells_the_lease_in_its_status() -> None:
    pair = Pair(victron_gx.Config(url="mqtt://flow", shadow=True))
    pair.run(seconds=20)
    pair.lease("charge", 30, soc=80)

    assert pair.status.text == "would charge to 80 % until 12:30 UTC"
