"""The last rows of each subject, so that one can be measured anew without losing the others."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

from .table import Row, Target


def keep(file: Path, subject: str, rows: Iterable[Row]) -> None:
    kept = json.loads(file.read_text()) if file.exists() else {}
    kept[subject] = [asdict(row) for row in rows]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(kept, indent=1))


def kept(file: Path, subjects: Iterable[str]) -> list[Row]:
    """In this order; a subject that was never measured has none."""
    found = json.loads(file.read_text()) if file.exists() else {}
    return [_row(row) for subject in subjects for row in found.get(subject, [])]


def _row(told: Mapping[str, object]) -> Row:
    target = told["target"]
    return Row(**{**told, "target": Target(**target) if isinstance(target, dict) else None})  # type: ignore[arg-type]
