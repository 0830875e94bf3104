"""The file of a flow's edges: a row for each, so that what a message costs does not grow with what waits."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from .store import Store

ROWS = "CREATE TABLE edges (name TEXT PRIMARY KEY, value TEXT NOT NULL)"
AS_BEFORE = (
    """CREATE VIEW kept AS SELECT name, value FROM other UNION ALL
        SELECT 'snapshot', json_object('edges', json_group_object(name, json(value))) FROM edges""",
    """CREATE TRIGGER kept_whole INSTEAD OF INSERT ON kept WHEN NEW.name = 'snapshot' BEGIN
        DELETE FROM edges;
        INSERT INTO edges SELECT key, value FROM json_each(NEW.value, '$.edges');
    END""",
    """CREATE TRIGGER kept_other INSTEAD OF INSERT ON kept WHEN NEW.name <> 'snapshot' BEGIN
        INSERT OR REPLACE INTO other VALUES (NEW.name, NEW.value);
    END""",
)
"""Earlier releases keep all edges as one value of `kept`. Whoever goes back to one finds it there, up to date, and
what it writes then is in the rows for whoever upgrades again."""


class Journal(Store):
    """Its snapshot holds all edges; what is committed, those that have changed, and None for those that are gone."""

    KEPT = "other"

    def snapshot(self) -> dict[str, Any] | None:
        rows = dict(self._db.execute("SELECT name, value FROM edges"))
        return {"edges": {name: json.loads(value) for name, value in rows.items()}} if rows else None

    def _furnish(self) -> None:
        super()._furnish()
        if self._db.execute("SELECT type FROM sqlite_master WHERE name = 'kept'").fetchone() == ("view",):
            return
        before = super().snapshot()
        with self._transaction():
            self._db.execute(ROWS)
            self._change(before or {"edges": {}})
            self._db.execute("DELETE FROM kept WHERE name = 'snapshot'")
            self._db.execute("ALTER TABLE kept RENAME TO other")
            for statement in AS_BEFORE:
                self._db.execute(statement)

    def _change(self, snapshot: Mapping[str, Any]) -> None:
        for name, value in snapshot["edges"].items():
            if value is None:
                self._db.execute("DELETE FROM edges WHERE name = ?", (name,))
            else:
                self._put("edges", name, json.dumps(value))
