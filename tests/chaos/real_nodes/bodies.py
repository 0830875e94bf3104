"""The bodies that travel through the chain."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Number:
    lane: str
    n: int
    at: datetime  # when it was sent


@dataclass(frozen=True)
class Halt:
    on: bool
