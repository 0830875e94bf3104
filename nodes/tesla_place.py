"""A place on the map, to tell whether the car is at home."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Place:
    lat: float
    lon: float
    radius: float = 150.0  # m

    def __post_init__(self) -> None:
        if not (-90 <= self.lat <= 90 and -180 <= self.lon <= 180):
            raise ValueError("lat must be within -90 and 90, lon within -180 and 180")

    def holds(self, where: tuple[float, float]) -> bool:
        north = math.radians(where[0] - self.lat)
        east = math.radians(where[1] - self.lon) * math.cos(math.radians(self.lat))
        return 6_371_000 * math.hypot(north, east) <= self.radius
