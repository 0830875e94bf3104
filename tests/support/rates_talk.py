"""rateFetcher's talk with Octopus: a world of price lists, and what a poll makes of it."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from wattwire.nodes import Emit, Json, Reply, Request
from wattwire.nodes.messages import Price
from wattwire.nodes.rate_fetcher import Config, State, ask, read

WORLD = Path(__file__).parents[1] / "world" / "kraken"
CFG = Config(product="INTELLI-VAR-24-10-29", tariff="E-1R-INTELLI-VAR-24-10-29-A")
NOW = datetime(2026, 7, 2, 12, 0, tzinfo=UTC)
BASE = "https://api.octopus.energy/v1/products/INTELLI-VAR-24-10-29/electricity-tariffs/E-1R-INTELLI-VAR-24-10-29-A/"
EMPTY = Reply(200, {"count": 0, "next": None, "results": []}, at=NOW)


def world(name: str, status: int = 200) -> Reply:
    return Reply(status, json.loads((WORLD / f"{name}.json").read_text()), at=NOW)


def flat(price: float) -> Reply:
    entry: Json = {"value_inc_vat": price, "valid_from": "2026-01-01T00:00:00Z", "valid_to": None}
    return Reply(200, {"count": 1, "next": None, "results": [entry]}, at=NOW)


def priced(*found: tuple[str, str | None, float | str, str | None]) -> Reply:
    """A list of periods: from, until, price, way of paying."""
    results: list[Json] = [
        {"value_inc_vat": p, "valid_from": f"{a}:00Z", "valid_to": b and f"{b}:00Z", "payment_method": m}
        for a, b, p, m in found
    ]
    return Reply(200, {"count": len(results), "next": None, "results": results}, at=NOW)


def poll(**lists: Reply | list[Reply]) -> tuple[list[str], Emit]:
    """One poll against a world of lists; the lists that were asked for, and what came of it."""
    given = {k.replace("_", "-"): v if isinstance(v, list) else [v] for k, v in lists.items()}
    result: Request | Emit
    asked, (state, result) = [], ask(CFG, State(), None, NOW)
    while isinstance(result, Request):
        name = result.url.removeprefix(BASE).rstrip("/")
        asked.append(name)
        reply = given[name].pop(0) if given.get(name) else Reply(404, {"detail": "Not found."})
        state, result = read(CFG, state, replace(reply, at=NOW))
    return asked, result


def lived(cfg: Config, *polls: dict[str, Reply]) -> list[Emit]:
    """Polls one after the other, each against a world of paths."""
    state, sent = State(), []
    for world in polls:
        result: Request | Emit
        state, result = ask(cfg, state, None, NOW)
        while isinstance(result, Request):
            path = result.url.removeprefix(cfg.url).strip("/")
            found = world.get(path) or world.get(path.rpartition("/")[2]) or Reply(404, {"detail": "Not found."})
            state, result = read(cfg, state, replace(found, at=NOW))
        sent.append(result)
    return sent


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


TWO_RUNS = (
    Price(start=at("2026-07-01T22:30"), end=at("2026-07-02T04:30"), price=7.0),
    Price(start=at("2026-07-02T04:30"), end=at("2026-07-02T22:30"), price=28.0),
    Price(start=at("2026-07-02T22:30"), end=at("2026-07-03T04:30"), price=7.0),
)
