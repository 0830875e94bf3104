"""A body of one's own: a node folder's files may import each other by a dot."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Reading:
    at: datetime
    watts: float | None = None
