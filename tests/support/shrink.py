"""A week that went wrong, made short: the fewest lines of its script that lead to the same complaint."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime
from itertools import chain
from typing import Any

from week import Week, week
from week_checks import complaints

TRIES = 60  # weeks to live for it


def shrunk(seed: int, days: int = 7, tries: int = TRIES, **how: Any) -> Week:
    """The same complaint, whatever its numbers. `how` is what `week` takes."""
    found = week(seed, days=days, **how)
    wanted = {meant(text) for text in complaints(found)}
    if not wanted:
        return found
    how = {name: value for name, value in how.items() if name not in ("rough", "lines")}

    def fails(lines: list[str]) -> bool:
        nonlocal tries, found
        tries -= 1
        if tries < 0:
            return False
        lived = week(seed, days=days, lines=lines, **how)
        if same := bool(wanted & {meant(text) for text in complaints(lived)}):
            found = lived
        return same

    most, days = days, 1
    while days < most and not fails(found.script):  # lines after the end do no harm
        days += 1
    chance = [line for line in found.script if "mishaps" in json.loads(line)]
    explicit = [line for line in found.script if line not in chance] + [json.dumps(line) for line in found.happened]
    if chance:
        fails(in_order(explicit))
    fewest(found.script, fails)
    return found


def fewest(script: list[str], fails: Callable[[list[str]], bool]) -> list[str]:
    """Leave out ever smaller parts as long as it still fails."""
    parts = units(script)
    size = max(1, len(parts) // 2)
    while True:
        place = 0
        while place < len(parts):
            rest = parts[:place] + parts[place + size :]
            if fails(_lines(rest)):
                parts = rest
            else:
                place += size
        if size == 1:
            return _lines(parts)
        size //= 2


def in_order(lines: list[str]) -> list[str]:
    return sorted(lines, key=lambda line: datetime.fromisoformat(json.loads(line)["at"]))


def _lines(parts: list[list[tuple[int, str]]]) -> list[str]:
    return [line for _, line in sorted(chain.from_iterable(parts))]


def units(script: list[str]) -> list[list[tuple[int, str]]]:
    """Lines with their places; what begins and what ends it belong together."""
    parts: list[list[tuple[int, str]]] = []
    begun: dict[str, list[tuple[int, str]]] = {}
    for place, text in enumerate(script):
        line = json.loads(text)
        what = str(line.get("to") or ("broker" if "broker" in line else ""))
        ends = line.get("broker") == "up" or (line.get("body") or {}).get("kind") == "none"
        if what and ends and what in begun:
            begun.pop(what).append((place, text))
            continue
        parts.append([(place, text)])
        if what and not ends:
            begun[what] = parts[-1]
    return parts


def meant(complaint: str) -> str:
    """A complaint without its numbers and times."""
    return re.sub(r"[0-9][0-9.:,-]*", "#", complaint)
