"""Whether a flow's edges fit: every end exists, every body fits, every outcome leads somewhere, nothing spins."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from wattwire.nodes import CRASHED, In, Node, Port
from wattwire.nodes.ports import secret

from .drafts import EdgeDraft
from .graph import Edge
from .kinds import anything
from .loops import loops
from .reading import Read
from .reasons import Faults, Mark, meant, unknown

Known = Mapping[str, Node | None]
"""The flow's nodes by name; None where the type is not known, so that nothing can be said of its ports."""


def fits(carries: Any, wanted: Any) -> bool:
    """Whether a body may enter a port. Where the sender says `object`, the host finds out as it runs."""
    if anything(carries) or anything(wanted) or carries == wanted:
        return True
    return isinstance(carries, type) and isinstance(wanted, type) and issubclass(carries, wanted)


def source_port(known: Known, text: str) -> Port[Any] | None:
    node, _, port = text.partition(".")
    found = known.get(node)
    return found.outs.get(port) if found else None


def in_port(known: Known, to: str, carries: Any) -> In | None:
    """The in port that `node.port` names, or a bare node's one that takes the body: a typed one before a nudge."""
    node, dot, port = to.partition(".")
    found = known.get(node)
    if found is None or dot:
        return found.ins.get(port) if found else None
    typed = [i for i in found.ins.values() if not anything(i.carries) and fits(carries, i.carries)]
    taking = typed or [i for i in found.ins.values() if anything(i.carries)]
    return taking[0] if len(taking) == 1 else None


def full(known: Known, to: str, carries: Any) -> str:
    """`node.port`, also for a bare node."""
    port = in_port(known, to, carries)
    return f"{to.partition('.')[0]}.{port.name}" if port else to


def ends_of(known: Known, edge: EdgeDraft) -> tuple[str, str]:
    out = source_port(known, edge.source.value)
    return edge.source.value, full(known, edge.to.value, out.carries if out else object)


def through(name: str, node: Node, led_on: Collection[str]) -> dict[str, str]:
    """The node's finer out ports that nothing follows, and the coarser ones by which their messages leave."""
    return {p.name: p.refines for p in node.outs.values() if p.refines and f"{name}.{p.name}" not in led_on}


class Wiring:
    def __init__(self, known: Known, places: Mapping[str, Mark], faults: Faults, all_nodes: bool = True) -> None:
        self.known, self.places, self.faults, self.all_nodes = known, places, faults, all_nodes
        self.misspelt = set[str]()  # out ports that an edge or an end probably meant

    def edges(self, drafts: list[EdgeDraft]) -> tuple[Edge, ...]:
        """The edges in full, with every fault noted."""
        given, made = dict[tuple[str, str], EdgeDraft](), list[Edge]()
        for draft in drafts:
            out = self._source(draft.source)
            sound = [self._target(draft, out, to) for to in (draft.to, draft.spent) if to]
            if out is None or not all(sound):
                continue
            ends = ends_of(self.known, draft)
            if ends in given:
                told = f"an edge given twice: from {ends[0]} to {ends[1]}, as on line {given[ends].at.line}"
                self.faults.add(draft.at, told)
                continue
            given[ends] = draft
            spent = full(self.known, draft.spent.value, out.carries) if draft.spent else None
            made.append(Edge(*ends, draft.after, draft.times, spent, draft.every))
        for loop in loops(made, self.known):
            told = ", ".join(f"{e.source} to {e.to}" for e in loop)
            self.faults.add(given[loop[0].source, loop[0].to].source.at, f"a loop without after or every: {told}")
        return tuple(made)

    def ends(self, drafts: list[EdgeDraft], ends: list[Read]) -> frozenset[str]:
        """Every out port leads somewhere, or is listed as an end."""
        wired, listed = {e.source.value for e in drafts}, dict[str, Read]()
        for end in ends:
            name = end.value
            if name in listed:
                self.faults.add(end.at, f"{name} is under ends twice")
            elif name in wired:
                self.faults.add(end.at, f"{name} is under ends, but an edge leads on from it")
            else:
                self._source(end)
            listed[name] = end
        if not drafts:
            return frozenset(listed)  # a flow without edges: what leaves its nodes is there for whoever subscribes
        led_on = wired | listed.keys() | self.misspelt
        for name, node in self.known.items():
            for out in node.outs.values() if node else ():
                port = f"{name}.{out.name}"
                if port not in led_on and not out.refines and out.name != CRASHED:
                    self.faults.add(self.places[name], f"{port} leads nowhere; wire it or list it under ends")
        return frozenset(listed)

    def _node(self, at: Read) -> Node | None:
        name = at.value.partition(".")[0]
        if name not in self.known and self.all_nodes:
            self.faults.add(at.at, unknown("node", name, self.known))
        return self.known.get(name)

    def _source(self, at: Read) -> Port[Any] | None:
        node, (name, dot, port) = self._node(at), at.value.partition(".")
        if node is None:
            return None
        if not dot:
            told = ", ".join(f"{name}.{p}" for p in node.outs)
            self.faults.add(at.at, f"{name} is a node; name its out port: {told}")
        elif port not in node.outs:
            self.faults.add(at.at, f"{name} has {unknown('out port', port, node.outs)}")
            self.misspelt.add(f"{name}.{meant(port, node.outs)}")
        return node.outs.get(port)

    def _target(self, edge: EdgeDraft, out: Port[Any] | None, to: Read) -> bool:
        node, (name, dot, port) = self._node(to), to.value.partition(".")
        if node is None:
            return False
        if dot and port not in node.ins:
            self.faults.add(to.at, f"{name} has {unknown('in port', port, node.ins) if node.ins else 'no in port'}")
            return False
        if out is None:
            return False
        carries = getattr(out.carries, "__name__", str(out.carries))
        wanted = in_port(self.known, to.value, out.carries)
        if wanted is None:
            taking = [p for p, i in node.ins.items() if fits(out.carries, i.carries)]
            told = f"several in ports of {name} take {carries}: {', '.join(taking)}; name one"
            self.faults.add(to.at, told if taking else f"no in port of {name} takes {carries}")
            return False
        if not fits(out.carries, wanted.carries):
            told = f"{edge.source.value} carries {carries}, {name}.{wanted.name} takes {wanted.carries.__name__}"
            self.faults.add(to.at, told)
            return False
        carried = edge.delays or edge.times is not None
        if carried and not anything(wanted.carries) and (secret(out.carries) or secret(wanted.carries)):
            told = f"{wanted.carries.__name__} holds a secret and cannot wait; wait on an edge to an `any` port instead"
            self.faults.add(to.at, told)
            return False
        return True
