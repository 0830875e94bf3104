"""A GX that falls silent, starts anew, refuses the password or is not there at all."""

from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from gx_pair import ID, Pair

from wattwire.nodes import Linked, Status, sim_gx, victron_gx


def test_a_silent_gx_is_lost_once_and_found_again(pair: Pair) -> None:
    pair.set_fault("silent")
    pair.run(seconds=60)
    lost = (pair.ports(), pair.house.controllable, pair.house.soc, pair.house.why_not)
    shown = pair.status.fill
    pair.set_fault("none")
    pair.run(seconds=60)

    assert (shown, pair.status) == ("red", Status("connected to the GX", "green"))
    assert lost == (["lost"], False, None, "no sign of life from the GX")
    assert (pair.ports(), pair.house.controllable, pair.house.soc) == (["lost"], True, 39.9)


def test_a_gx_that_reboots_is_woken_and_the_lease_goes_on(pair: Pair) -> None:
    pair.lease("charge", 30, soc=80)
    pair.run(seconds=20)
    pair.set_fault("reboot")
    pair.run(minutes=3)

    assert pair.plant.battery == 5000
    assert pair.ports() == ["confirmed", "lost", "confirmed"]
    assert pair.house.controllable


def test_no_gx_at_all_is_lost() -> None:
    pair = Pair(victron_gx.Config(url="mqtt://flow"), sim_gx.Config())
    pair.link(pair.sim, False)
    pair.link(pair.gx, False)
    pair.start(pair.gx)
    pair.link(pair.gx, False)
    pair.run(seconds=30)

    assert pair.ports() == ["lost"]


def test_a_wrong_password_is_told_at_once_and_once(pair: Pair) -> None:
    pair.link(pair.gx, False)
    for _ in range(3):
        pair.call(pair.gx, event=Linked(False, "the broker refuses the user name or password", denied=True))
    pair.run(minutes=1)

    assert pair.ports() == ["denied"]
    assert (pair.house.controllable, pair.house.soc) == (False, None)


def test_why_there_is_no_connection_is_told_with_the_loss(pair: Pair) -> None:
    pair.link(pair.gx, False)
    pair.call(pair.gx, event=Linked(False, "the broker's certificate is not trusted: self-signed certificate"))
    pair.run(seconds=20)

    why = "no sign of life from the GX for 10 s: the broker's certificate is not trusted: self-signed certificate"
    assert (pair.ports(), pair.faults()) == (["lost"], [why])


def test_it_stays_awake_for_half_an_hour_without_another_full_publish(pair: Pair) -> None:
    pair.said.clear()
    pair.run(minutes=30)

    assert [t for _, t, _ in pair.said if t.endswith("full_publish_completed")] == []
    assert pair.house.at >= pair.now - timedelta(seconds=10)


def test_a_gx_that_never_ends_its_full_publish_is_asked_ever_more_seldom() -> None:
    pair = Pair()
    pair.deaf.add(f"N/{ID}/full_publish_completed")
    pair.link(pair.gx, False)
    pair.said.clear()
    pair.link(pair.gx, True)
    pair.run(minutes=10)
    asked = [at for at, t, p in pair.said if t == f"R/{ID}/keepalive" and b"echo" in p]

    assert [(later - at).seconds for at, later in pairwise(asked)] == [5, 5, 20, 40, 80, 80, 80, 80, 80, 80]
