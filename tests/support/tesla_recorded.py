"""What Tesla answered once, as it was recorded."""

import json
from datetime import UTC, datetime
from pathlib import Path

from wattwire.nodes import Reply

WORLD = Path(__file__).parents[1] / "world" / "tesla"
NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def recorded(name: str, tag: str = "vehicle") -> Reply:
    told = json.loads((WORLD / f"{name}.json").read_text())
    return Reply(told["status"], told["json"], headers=told.get("headers", {}), at=NOON, tag=tag)
