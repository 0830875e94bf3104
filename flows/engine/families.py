"""The families of node types, so that each is found beside others of its kind."""

from __future__ import annotations

from collections.abc import Iterable

from wattwire.nodes import Node

OTHERS = "Your own"

FAMILIES = {
    "Octopus: what it plans, and what may be asked of it": (
        *("krakenToken", "krakenAccount", "krakenDevice", "dispatchFetcher", "pollPlanner", "completedFetcher"),
        *("smartControl", "boostCharge", "chargeCap", "chargePreferences"),
    ),
    "Prices, and the books": ("rateFetcher", "rateResolver", "dispatchLedger", "costMeter"),
    "The car: where its news comes from": ("teslaToken", "teslaState", "teslaTelemetry", "teslaMate", "tessie"),
    "The car: what it is told": ("teslaCommand", "teslaWake", "plugGuard"),
    "Cable and charger": ("evMeter", "whichCar"),
    "The house's battery": ("victronGx", "victronController", "powerwall"),
    "Sun and heat": ("solarForecast", "solarTarget", "heatPump"),
    "People": ("alarm", "notify"),
    "For any flow": ("clock", "inject", "mqttIn", "mqttOut", "switch", "change", "grace", "debug"),
    "Simulators": ("simOctopus", "simTesla", "simGx", "simBill"),
}


def by_family(nodes: Iterable[Node]) -> dict[str, list[Node]]:
    """Each family with those of its types that are there; what is in none comes last."""
    left = {node.name: node for node in nodes}
    found = {family: [left.pop(name) for name in names if name in left] for family, names in FAMILIES.items()}
    return {family: those for family, those in {**found, OTHERS: list(left.values())}.items() if those}


def index(nodes: Iterable[Node]) -> str:
    """A page of Markdown that leads to the page of every type."""
    parts = ["# The nodes\n"]
    for family, those in by_family(nodes).items():
        parts.append(f"\n## {family}\n\n")
        parts += [f"* [{n.name}]({n.name}.md): {n.doc.splitlines()[0]}\n" for n in those]
    return "".join(parts)
