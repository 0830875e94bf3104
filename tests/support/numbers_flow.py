"""A small flow that numbers pass through, and what should not be when it has come to rest."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from mortal import Bug
from numbered import Config, Noted, Number, Out, noting, relay
from processes import House

from wattwire.flows.engine.actor import Actor
from wattwire.flows.engine.edges import Carrier
from wattwire.flows.engine.graph import Backoff, Edge, Flow, FlowNode
from wattwire.flows.engine.routes import EDGES
from wattwire.nodes import Emit, Node, Port, Ports, Reply, Request, keep

POISON = 666
Durability = Literal["broker", "disk"]
BOTH: tuple[Durability, ...] = ("broker", "disk")
AFTER = timedelta(seconds=7)


class Kept(Ports):
    out: Port[Number] = keep()


class Told(Ports):
    done: Port[Number]
    unknown: Port[Number]


def source(cfg: Config, never: object) -> None:
    return None


def delicate(cfg: Config, n: Number) -> Emit:
    if n.n == POISON:
        raise Bug
    return relay(cfg, n)


def count(cfg: Config, state: Noted, n: Number) -> tuple[Noted, Emit]:
    return noting(state, n), Kept.out(n)


def sink(cfg: Config, state: Noted, n: Number) -> tuple[Noted, None]:
    return noting(state, n), None


def recall(cfg: Config, state: Noted, go: object, *, last: Number | None) -> tuple[Noted, None]:
    return state, None


def ask(cfg: Config, n: Number) -> Request:
    return Request(method="POST", url=f"http://world/{n.n}", tag=str(n.n))


def read(cfg: Config, reply: Reply) -> Emit:
    return Told.unknown(Number(0)) if reply.unknown else Told.done(Number(1))


def flow(durability: Durability) -> Flow:
    """source > relay (keeps nothing) > count > sink; from count also > late (after a while), > recall, > asker."""
    kinds = {
        "source": Node("source", Config, Out, source),
        "relay": Node("relay", Config, Out, delicate),
        "count": Node("count", Config, Kept, count, state=Noted),
        "sink": Node("sink", Config, Out, sink, state=Noted),
        "late": Node("sink", Config, Out, sink, state=Noted),
        "recall": Node("recall", Config, Out, recall, state=Noted),
        "asker": Node("asker", Config, Told, ask, read, once=True),
        "unsure": Node("sink", Config, Out, sink, state=Noted),
    }
    edges = (
        Edge("source.out", "relay.n"),
        Edge("relay.out", "count.n"),
        Edge("count.out", "sink.n"),
        Edge("count.out", "late.n", after=Backoff(AFTER)),
        Edge("count.out", "recall.last"),
        Edge("count.out", "asker.n"),
        Edge("asker.unknown", "unsure.n"),
    )
    return Flow("f", {name: FlowNode(name, kind, Config()) for name, kind in kinds.items()}, edges,
                durability=durability)  # fmt: skip


NAMES = ("relay", "count", "sink", "late", "recall", "asker", "unsure")


def wrong(house: House, given: int, poison: bool) -> list[str]:
    """What should not be, when all has come to rest. A node that died three times of one input sets it aside."""
    told, everything = [], tuple(range(1, given + 1))
    aside = {it.message.body["n"] for it in house.aside if it.message}
    surely = set(everything) - aside
    for name in ("count", "sink", "late"):
        if list(noted(house, name)) != sorted(set(noted(house, name)) & set(everything)):
            told.append(f"{name} was given {noted(house, name)}")
    for name in ("count", "sink"):
        if lost := surely - set(noted(house, name)):
            told.append(f"{name} was never given {sorted(lost)}")
    carrier, counted = house.running[EDGES].actor, len(noted(house, "count"))
    if isinstance(carrier, Carrier) and not aside:
        counts, late = carrier.edges["count.out>late.n"].counts, noted(house, "late")
        if late[-1:] != everything[-1:]:
            told.append(f"the last to wait never came: {late}")
        if len(late) + counts["displaced"] != counted:
            told.append(f"{len(late)} came late and {counts['displaced']} were displaced, of {counted}")
    held = house.running["recall"].actor.snapshot()["held"].get("last")
    if given in surely and held != {"n": given}:
        told.append(f"recall remembers {held}")
    asked, unsure = [int(url.rpartition("/")[2]) for url in house.asked], len(noted(house, "unsure"))
    if len(set(asked)) != len(asked) or not set(asked) <= set(everything):
        told.append(f"asked {asked}")
    if len(asked) + unsure < len(surely):
        told.append(f"asked only {asked}, and {unsure} were not known")
    if poison != (POISON in aside):
        told.append(f"set aside: {sorted(aside)}")
    return told


def noted(house: House, name: str) -> tuple[int, ...]:
    actor = house.running[name].actor
    return actor.state.all if isinstance(actor, Actor) else ()
