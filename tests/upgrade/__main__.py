"""python -m tests.upgrade COMMIT: what a release leaves behind when it is killed in the middle of a lease.

It lives through the start of an evening by that release's code, is killed as a whole, and its state becomes a file
beside this one, which later releases are held to read. Run it once for every release, on the commit that is released.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "support"))

from kept_state import HOUSE, Kept, packed, released
from upgraded import FLOW, House


def main() -> int:
    commit = subprocess.check_output(["git", "rev-parse", "--short", sys.argv[1]], cwd=HOUSE, text=True).strip()
    with tempfile.TemporaryDirectory() as made:
        os.environ["PYTHONPATH"] = str(released(commit, Path(made) / commit))
        house = House(Path(made) / "house", FLOW)
        del os.environ["PYTHONPATH"]
        try:
            house.into_a_lease()
            house.kill_all()
            Kept(commit, datetime.now(UTC).isoformat(), FLOW, packed(house.state)).write(
                Path(__file__).parent / f"{commit}.json"
            )
        finally:
            house.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
