"""Faults of Octopus, days of the nodes that ask it, and how often they do."""

from bisect import bisect_left
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import yaml
from octopus_house import ENV, USUAL, Answer, data

import wattwire.flows
from wattwire.flows.engine.bench import Bench
from wattwire.flows.engine.graph import Flow
from wattwire.flows.engine.loading import load_text
from wattwire.nodes import Reply

KRAKEN = ("krakenToken", "krakenAccount", "krakenDevice", "dispatchFetcher", "completedFetcher")
FLOWS = Path(wattwire.flows.__file__).parent
ENDS = ["alarm.said", "completedFetcher.completed", "krakenAccount.account"]
MIDNIGHT = datetime(2026, 11, 20, 0, 0, 10, tzinfo=UTC)
BURSTS = [f"{h:02}:{m:02}-{h:02}:{m + 7:02}" for h in range(24) for m in (3, 18, 33, 48)]


def error(code: str, why: str = "no") -> Reply:
    return Reply(200, {"errors": [{"message": why, "extensions": {"errorCode": code}}]})


FAULTS = {
    "502": Reply(502),
    "firewall": Reply(403, text="<HTML>Request blocked.</HTML>"),
    "garbled": Reply(200, text="{"),
    "no network": Reply(0),
    "null plan": data(flexPlannedDispatches=None),
    **{code: error(code) for code in ("KT-CT-1124", "KT-CT-1199", "KT-CT-4301", "KT-CT-4340")},
    "429": Reply(429, {"detail": "throttled"}, headers={"retry-after": "1"}),
    "401": Reply(401, {"detail": "no"}),
}


def busiest(flow: Bench, span: timedelta, *nodes: str) -> int:
    """The most calls that these nodes made in any span, wherever it begins."""
    calls = sorted(s.at for node in nodes for s in flow.requests(node))
    return max(bisect_left(calls, at + span) - i for i, at in enumerate(calls))


@cache
def octopus_alone() -> Flow:
    """The nodes that ask Octopus's GraphQL, wired as they are shipped."""
    shipped = yaml.safe_load((FLOWS / "intelligent_octopus.yaml").read_text())
    names = {*KRAKEN, "start", "hour", "pollPlanner", "alarm"}
    edges = [e for e in shipped["edges"] if {e["from"].split(".")[0], e["to"].split(".")[0]} <= names]
    kept = {name: node for name, node in shipped["nodes"].items() if name in names}
    text = yaml.safe_dump({"flow": "octopusAlone", "nodes": kept, "edges": edges, "ends": ENDS})
    return load_text(text, env=ENV)


def day(**answers: Answer) -> Bench:
    """A day from midnight on, as far as Octopus is asked."""
    world = USUAL | answers
    told = Bench(octopus_alone(), MIDNIGHT, world=lambda node, request, now: world[node](request, now))
    return told.run(MIDNIGHT + timedelta(days=1))
