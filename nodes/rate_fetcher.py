"""rateFetcher: read a tariff's public prices, by time or, where its lists carry no window, by band."""

from dataclasses import dataclass

from . import Emit, Fault, Node, Now, Port, Ports, Reply, Request, keep, refines, volatile
from .kraken_price_lists import Payment
from .kraken_rates import Reading, advance, begin, missing, request, summed
from .messages import Bands, Prices


@dataclass(frozen=True, kw_only=True)
class Config:
    product: str  # such as INTELLI-VAR-24-10-29
    tariff: str  # such as E-1R-INTELLI-VAR-24-10-29-A; the last letter is your region
    url: str = "https://api.octopus.energy/v1"  # Octopus, or a simulator or proxy of it
    payment: Payment = "DIRECT_DEBIT"  # which price to take where each way of paying has its own
    export_product: str | None = None  # for what is sold, such as AGILE-OUTGOING-19-05-13
    export_tariff: str | None = None  # such as E-1R-AGILE-OUTGOING-19-05-13-A
    timezone: str = "Europe/London"  # in this zone tomorrow's half hours, up to 23:00, are due from 16:05


class Out(Ports):
    prices: Port[Prices] = keep()
    incomplete: Port[Prices] = refines("prices")  # half hours that are due are not listed yet: ask again soon
    empty: Port[Fault]  # an answer without any price; no price is not a price of 0
    failed: Port[Fault]  # no usable answer: the last prices stand
    spent: Port[Fault] = refines("failed")  # our own budget of calls is used up: wait for `retry_after`


@dataclass(frozen=True)
class State:
    reading: Reading = volatile(Reading)  # what has come of this poll so far; a restart asks anew
    bands: Bands | None = None  # the last of each, as the lists are renewed at different times
    tariff: str = ""  # theirs


def ask(cfg: Config, state: State, poll: object, now: Now) -> tuple[State, Request]:
    reading, bands = begin(cfg, now), state.bands if state.tariff == cfg.tariff else None
    return State(reading, bands, cfg.tariff), request(cfg, reading)


def read(cfg: Config, state: State, reply: Reply) -> tuple[State, Emit | Request]:
    reading, rest = advance(cfg, state.reading, reply), State(bands=state.bands, tariff=state.tariff)
    if isinstance(reading, str):
        return rest, (Out.spent if reply.spent else Out.failed)(reply.fault(reading))
    if reading.left:
        return State(reading, state.bands, state.tariff), request(cfg, reading)
    if prices := summed(cfg, reading, state.bands, reply.at):
        port = Out.incomplete if missing(prices.import_, cfg.timezone, reply.at) else Out.prices
        return State(bands=prices.bands, tariff=state.tariff), port(prices)
    return rest, Out.empty(Fault(f"no price is listed for {cfg.tariff}"))


NODE = Node("rateFetcher", Config, Out, ask, read, state=State)
