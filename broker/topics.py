"""The topics: the public grammar by which any MQTT client can join a flow."""

from __future__ import annotations

BASE = "wattwire"


def out(flow: str, node: str, port: str) -> str:
    """What leaves a node through an out port."""
    return f"{BASE}/{flow}/{node}/{port}"


def into(flow: str, node: str, port: str) -> str:
    """Hand a message straight to a node: an envelope or a bare JSON body."""
    return f"{BASE}/{flow}/{node}/in/{port}"


def status(flow: str, node: str) -> str:
    return f"{BASE}/{flow}/{node}/$status"


def poison(flow: str, node: str) -> str:
    """Inputs that were set aside, retained until a person has dealt with them."""
    return f"{BASE}/{flow}/{node}/$aside"


def graph(flow: str) -> str:
    return f"{BASE}/{flow}/$flow"


def waiting(flow: str, edge: str) -> str:
    return f"{BASE}/{flow}/$waiting/{edge}"


def request(flow: str, verb: str) -> str:
    return f"{BASE}/{flow}/$request/{verb}"


def response(flow: str, verb: str) -> str:
    return f"{BASE}/{flow}/$response/{verb}"


def owner(flow: str, node: str) -> str:
    """Who runs a node, over all machines: the claim with the highest epoch."""
    return f"{BASE}/{flow}/{node}/$owner"


def client(flow: str, node: str) -> str:
    """The fixed client id of a node: its session waits for it under this name.

    Node `b-c` of flow `a` and node `c` of flow `a-b` have different ones.
    """
    return f"{BASE}-{flow.replace('-', '.')}-{node}"


def outer(flow: str, node: str) -> str:
    """The client id of a node at the broker that it dials, which may be its own flow's."""
    return f"{client(flow, node)}.outer"


def matches(filter: str, topic: str) -> bool:
    """Whether a subscription's filter takes a topic, as MQTT 3.1.1 §4.7 has it."""
    wanted, levels = filter.split("/"), topic.split("/")
    if topic.startswith("$") and wanted[0] in ("+", "#"):
        return False
    for i, level in enumerate(wanted):
        if level == "#":
            return True
        if i >= len(levels) or level not in ("+", levels[i]):
            return False
    return len(wanted) == len(levels)
