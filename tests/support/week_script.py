"""What goes wrong in a week: faults at random from a seed, as lines of a script."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from random import Random

from wattwire.flows.engine.durations import spell
from wattwire.flows.engine.replies import ODD

MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)
GRACE = timedelta(minutes=20)  # after the GX could not be steered: 5 minutes to settle, longer where it came and went
OCTOPUS = ("500", "502", "429", "403html", "403json", "garbled", "KT-CT-1199", "KT-CT-1124", "KT-CT-4340", "nullPlan",
           "emptyPlan", "badPlan", "noDevice", "deviceStatus", "emptyRates", "KT-CT-4301")  # fmt: skip
TESLA = ("500", "401", "429", "timeout", "asleep", "offline")
GX = ("silent", "reboot", "gridLost", "keepCharged", "dynamicEss", "chargerGone", "settingsGone", "clockAhead",
      "slotChanged", "lateWill")  # fmt: skip
MORTAL = ("edges", "dispatchFetcher", "krakenToken", "krakenDevice", "rateResolver", "victronController", "victronGx",
          "teslaState", "teslaToken", "rateFetcher", "pollPlanner", "minute")  # fmt: skip
CALLERS = ("krakenToken", "krakenDevice", "dispatchFetcher", "completedFetcher", "rateFetcher", "krakenAccount",
           "teslaState", "teslaToken")  # fmt: skip


def script(seed: int, start: datetime, days: int = 7, rough: bool = False) -> list[str]:
    """A script as `wattwire try` takes it. Nothing goes wrong in the last hours, so that all may come to rest."""
    random = Random(seed)
    quiet = start + days * DAY - timedelta(hours=5)
    lines: list[tuple[datetime, dict[str, object]]] = []

    def some(a_day: float, least: timedelta, most: timedelta) -> Iterator[tuple[datetime, datetime]]:
        for _ in range(round(a_day * days)):
            at = start + (quiet - start) * random.random()
            at = at.replace(microsecond=0)
            yield at, min(at + least + (most - least) * random.random() ** 2, quiet).replace(microsecond=0)

    def fault(node: str, kind: str, at: datetime, until: datetime) -> None:
        lines.append((at, {"to": f"{node}.fault", "body": {"kind": kind}}))
        lines.append((until, {"to": f"{node}.fault", "body": {"kind": "none"}}))

    for at, until in some(2, MINUTE, 120 * MINUTE):
        fault("simOctopus", random.choice(OCTOPUS), at, until)
    for at, until in some(1, MINUTE, 120 * MINUTE):
        fault("simTesla", random.choice(TESLA), at, until)
    free = start
    for at, until in sorted(some(1, 2 * MINUTE, 90 * MINUTE)):
        if at < free:
            continue
        kind, free = random.choice(GX), until + GRACE
        fault("simGx", kind, at, until)
        if kind == "lateWill":
            lines.append((at - timedelta(seconds=random.randint(2, 20)), {"crash": "victronGx"}))
        if kind == "slotChanged":
            lines.append((until + MINUTE, {"to": "victronGx.rearm", "body": {}}))
    for at, _ in some(2, MINUTE, MINUTE):
        lines.append((at, {"crash": random.choice(MORTAL)}))
    for at, until in some(0.5, 5 * MINUTE / 60, 10 * MINUTE):
        lines += [(at, {"broker": "down"}), (until, {"broker": "up"})]
    if rough:
        lines += weather(seed, start, quiet, days)
    lines.append((quiet, {"broker": "up"}))
    return [json.dumps({"at": f"{at:%FT%TZ}", **said}) for at, said in sorted(lines, key=lambda line: line[0])]


def weather(seed: int, start: datetime, quiet: datetime, days: int) -> Iterator[tuple[datetime, dict[str, object]]]:
    """What goes wrong with processes, connections, calls and clocks: a little all the time, and much now and then."""
    random = Random(f"weather {seed}")

    def some(a_day: float, least: float, most: float) -> Iterator[tuple[datetime, timedelta, str]]:
        """So many a day, of so many seconds."""
        for _ in range(int(a_day * days + random.random())):
            at = (start + (quiet - start) * random.random()).replace(microsecond=0)
            span = timedelta(seconds=round(least + (most - least) * random.random() ** 3))
            yield at, min(span, quiet - at), f"{min(at + span, quiet):%FT%TZ}"

    always = {"late": "5%", "by": "2s", "double": "2%", "again": "10m", "crash": "0.02%", "away": "5s", "answers": "1%"}
    yield start, {"mishaps": {"seed": seed, **always}, "until": f"{quiet:%FT%TZ}"}
    for n, (at, _, until) in enumerate(some(0.7, 60, 3600)):
        by, away = random.choice(("5s", "20s", "2m", "10m")), random.choice(("1s", "20s", "3m"))
        storm = {"late": "30%", "by": by, "double": "20%", "again": "1h", "crash": "1%", "away": away, "answers": "50%"}
        yield at, {"mishaps": {"seed": 1000 * seed + n, **storm}, "until": until}
    for at, span, _ in some(1, 3, 1200):
        yield at, {"link": random.choice(MORTAL), "for": spell(span)}
    for at, span, _ in some(1, 1, 900):
        yield at, {"crash": random.choice(MORTAL), "for": spell(span)}
    for at, _, until in some(0.1, 1800, 5 * 3600):
        yield at, {"broker": "down"}
        yield datetime.fromisoformat(until), {"broker": "up"}
    for at, _, until in some(3, 60, 3600):
        yield at, {"reply": {"node": random.choice(CALLERS), **random.choice(ODD)}, "until": until}
    for at, _, until in some(0.2, 60, 5400):
        ahead = random.choice("+-") + random.choice(("90s", "6m", "31m", "1h", "5h"))
        yield at, {"clock": ahead, "until": until}
