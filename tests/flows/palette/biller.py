"""biller: say what a reading costs. Its tariff may stand in a file of its own."""

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Literal

from wattwire.nodes import Emit, Node, Port, Ports, from_file

from .readings import Reading


@dataclass(frozen=True, kw_only=True)
class Band:
    from_: time
    price: float  # p/kWh


@dataclass(frozen=True, kw_only=True)
class Tariff:
    kind: Literal["flat", "bands"] = "flat"
    bands: tuple[Band, ...] = ()
    slot: timedelta = timedelta(minutes=30)

    def __post_init__(self) -> None:
        if self.kind == "bands" and not self.bands:
            raise ValueError("kind is bands, and there are none")


@dataclass(frozen=True, kw_only=True)
class Config:
    tariff: Tariff | None = from_file("bills")  # what the supplier asks for
    name: str = ""


class Out(Ports):
    reading: Port[Reading]


def bill(cfg: Config, reading: Reading) -> Emit:
    return Out.reading(reading)


NODE = Node("biller", Config, Out, bill)
