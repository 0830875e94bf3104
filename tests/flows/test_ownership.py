"""Who runs a node: locks on one machine, claims in the broker's order over several."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

from wattwire.flows.engine.ownership import BROKER, Claim, Claims, Lock, born, loads, of_node


def claim(who: str, epoch: int, boot: str = "", pid: int = 1) -> Claim:
    return Claim(who, epoch, host=who, pid=pid, boot=boot or who, presence=f"p/{who}")


def claims(who: str, alive: bool = True, clock: list[float] | None = None) -> Claims:
    return Claims(claim(who, 0), lambda _: alive, lambda: (clock or [0.0])[-1])


def test_a_lock_is_one_process_s_and_ends_with_it(tmp_path: Path) -> None:
    file = tmp_path / "node.lock"
    hold = f"from wattwire.flows.engine.ownership import *; import pathlib, sys; l = Lock(pathlib.Path({str(file)!r}))"
    other = subprocess.Popen(
        [sys.executable, "-c", f"{hold}; l.take(); print('held', flush=True); sys.stdin.read()"],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert other.stdout
    other.stdout.readline()
    lock = Lock(file)

    assert not lock.take()
    assert lock.holder() == str(other.pid)
    other.kill()
    other.wait()
    assert lock.take()
    assert lock.take()
    lock.release()
    assert not lock.held


def test_no_node_s_lock_is_the_broker_s(tmp_path: Path) -> None:
    locks = [Lock(tmp_path / BROKER), *(of_node(tmp_path, node) for node in ("run", "a", "edges"))]

    assert all(lock.take() for lock in locks)
    assert sorted(file.name for file in tmp_path.iterdir()) == ["$run.lock", "a.lock", "edges.lock", "run.lock"]


def test_a_claim_survives_the_wire() -> None:
    assert loads(claim("a", 3).dumps()) == claim("a", 3)


def test_what_is_no_claim_is_none() -> None:
    assert [loads(b"{"), loads(b"[]"), loads(b'{"epoch": 1}'), loads(b"null")] == [None] * 4


def test_of_two_claims_of_one_epoch_the_first_in_the_broker_s_order_stands_for_everybody() -> None:
    a, b = claims("a"), claims("b")
    for side in (a, b):
        side.heard("node", claim("a", 1).dumps())

    assert a.heard("node", claim("b", 1).dumps())  # must say its own again, as b's now is the retained one
    assert not b.heard("node", claim("b", 1).dumps())
    assert (a.mine("node"), b.mine("node")) == (True, False)


def test_a_claim_of_a_later_epoch_displaces() -> None:
    it = claims("a")
    it.heard("node", claim("a", 1).dumps())
    it.presence("p/b", b"here")
    it.heard("node", claim("b", 2).dumps())

    assert not it.mine("node")
    assert it.other("node") == claim("b", 2)
    assert it.next("node").epoch == 3


def test_a_claim_next_door_lasts_as_long_as_its_process() -> None:
    alive, dead = claims("a"), claims("a", alive=False)
    for it in (alive, dead):
        it.heard("node", claim("b", 1, boot="a", pid=2).dumps())

    assert alive.other("node") == claim("b", 1, boot="a", pid=2)
    assert dead.other("node") is None


def test_a_claim_of_a_process_whose_number_is_ours_now_is_a_dead_one_s() -> None:
    it = claims("a")
    it.heard("node", claim("killed in the same container", 1, boot="a", pid=1).dumps())

    assert it.other("node") is None


def test_a_claim_of_a_process_whose_number_another_has_now_is_a_dead_one_s() -> None:
    it, here = claims("a"), os.getpid()
    living = replace(claim("b", 1, boot="a", pid=here), born=born(here))
    it.heard("node", living.dumps())
    it.heard("other", replace(living, born=living.born - 1).dumps())

    assert it.other("node") == living
    assert it.other("other") is None


def test_of_a_claim_that_does_not_say_when_its_process_began_the_number_must_do() -> None:
    it, earlier = claims("a"), json.loads(claim("b", 1, boot="a", pid=os.getpid()).dumps())
    del earlier["born"]
    it.heard("node", json.dumps(earlier).encode())

    assert it.other("node") == claim("b", 1, boot="a", pid=os.getpid())


def test_a_process_that_is_gone_began_at_no_time() -> None:
    assert born(os.getpid()) > born(1) >= 0
    assert born(2**30) == 0


def test_a_claim_elsewhere_lasts_until_its_will_clears_the_presence_or_it_is_silent_for_30_s() -> None:
    clock = [0.0]
    it = claims("a", clock=clock)
    it.heard("node", claim("b", 1).dumps())
    assert it.other("node") is None  # nobody there
    it.presence("p/b", b"here")
    assert it.other("node") is not None
    clock.append(29.0)
    assert it.other("node") is not None
    clock.append(31.0)
    assert it.other("node") is None
    it.presence("p/b", b"here")
    assert it.other("node") is not None
    it.presence("p/b", b"")
    assert it.other("node") is None


def test_a_claim_of_ours_that_somebody_cleared_is_said_again_and_a_released_one_is_not() -> None:
    it = claims("a")
    it.heard("node", it.next("node").dumps())

    assert it.mine("node")
    assert it.heard("node", b"")
    it.released("node")
    assert not it.heard("node", b"")
    assert it.next("node").epoch == 1
