"""simBill: bill a simulated house as Octopus would, half hour by half hour, from metered energy alone."""

from dataclasses import dataclass, field
from datetime import time

from . import Dial, Emit, Heard, Linked, Listen, Node, Port, Ports, keep
from .sim_billing import Bill, Billed, State, bill, metered
from .sim_gx_telling import METERED
from .sim_octopus_rest import Tariff


@dataclass(frozen=True, kw_only=True)
class Config:
    url: str = "mqtt://flow"  # the broker of the simulated GX
    timezone: str = "Europe/London"
    from_: time = time(23, 30)  # local; the house's power is cheap from here
    until: time = time(5, 30)  # to here, and in half hours of smart charging
    hours: float = 6.0  # of smart charging, from noon to noon
    prices: Tariff = field(default_factory=Tariff)  # p/kWh
    export: float = 0.0  # p/kWh for what is sold


class Out(Ports):
    billed: Port[Billed]  # each half hour
    bill: Port[Bill] = keep()  # and all of them


def dial(cfg: Config) -> Dial:
    return Dial(url=cfg.url)


def charge(cfg: Config, state: State, event: Linked | Heard) -> tuple[State, list[Emit | Listen]]:
    if isinstance(event, Linked):
        return state, [Listen(f"{METERED}/+")] if event.up else []
    if (told := metered(event.payload)) is None:
        return state, []
    state, billed = bill(cfg, state, told)
    return state, [Out.billed(billed), Out.bill(state.bill)]


NODE = Node("simBill", Config, Out, charge, state=State, dial=dial)
