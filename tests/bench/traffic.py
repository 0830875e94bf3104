"""What a house asks of a broker and of a disk, as far as it can be seen from outside."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from wattwire.broker.link import Link, Message

CONNECTED = "$SYS/broker/clients/connected"
DAY = 86400


@dataclass(frozen=True)
class Traffic:
    connections: float | None
    messages: float  # a second, that somebody of the house published
    bytes: float  # a second, of those
    disk: float  # MB a day, that reached the disk


def traffic(url: str, pids: Sequence[int], seconds: float) -> Traffic:
    """Over so many seconds; what a disk was spared by the kernel is not counted."""
    sizes: list[int] = []
    connected: list[float] = []

    def up(session: bool) -> None:
        link.subscribe([CONNECTED, "wattwire/#"])

    def heard(message: Message) -> None:
        if message.topic == CONNECTED:
            connected.append(float(message.payload) - 1)  # without us
        elif not message.retain:
            sizes.append(len(message.payload) + len(message.topic))
        link.ack(message)

    link = Link(url, "bench-traffic", on_up=up, on_down=lambda why: None, on_message=heard, clean=True)
    link.connect()
    before, ends = on_disk(pids), time.monotonic() + seconds
    while (left := ends - time.monotonic()) > 0:
        link.step(min(left, 0.5))
    link.close()
    disk = (on_disk(pids) - before) / seconds * DAY / 1e6
    return Traffic(connected[-1] if connected else None, len(sizes) / seconds, sum(sizes) / seconds, disk)


def on_disk(pids: Sequence[int]) -> int:
    total = 0
    for pid in pids:
        with suppress(OSError):
            found = re.search(r"^write_bytes: (\d+)$", Path(f"/proc/{pid}/io").read_text(), re.M)
            total += int(found[1]) if found else 0
    return total
