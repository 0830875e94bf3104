"""rateFetcher: read a tariff's public prices, by time or, where its lists carry no window, by band."""

from dataclasses import dataclass

from . import Emit, Fault, Node, Now, Port, Ports, Reply, Request, keep, volatile
from .kraken_rates import Reading, advance, first_query, request, summed
from .messages import Prices


@dataclass(frozen=True, kw_only=True)
class Config:
    product: str  # such as INTELLI-VAR-24-10-29
    tariff: str  # such as E-1R-INTELLI-VAR-24-10-29-A; the last letter is your region
    url: str = "https://api.octopus.energy/v1"  # Octopus, or a simulator or proxy of it


class Out(Ports):
    prices: Port[Prices] = keep()
    empty: Port[Fault]  # an answer without any price; no price is not a price of 0
    failed: Port[Fault]  # no usable answer: the last prices stand


@dataclass(frozen=True)
class State:
    reading: Reading = volatile(Reading)  # what has come of this poll so far; a restart asks anew


def ask(cfg: Config, state: State, poll: object, now: Now) -> tuple[State, Request]:
    reading = Reading(query=first_query(now))
    return State(reading=reading), request(cfg.url, cfg.product, cfg.tariff, reading)


def read(cfg: Config, state: State, reply: Reply) -> tuple[State, Emit | Request]:
    reading = advance(state.reading, reply)
    if isinstance(reading, str):
        return State(), Out.failed(reply.fault(reading))
    if reading.left:
        return State(reading=reading), request(cfg.url, cfg.product, cfg.tariff, reading)
    if prices := summed(reading, reply.at):
        return State(), Out.prices(prices)
    return State(), Out.empty(Fault(f"no price is listed for {cfg.tariff}"))


NODE = Node("rateFetcher", Config, Out, ask, read, state=State)
