"""make bench: how fast, how large and how quick to react, against others, as ratios of one run. A table at the end.

Not a test: machines differ. Each figure is the median of its rounds, taken in turn with its peers'.
"""

from __future__ import annotations

import argparse
import signal
import sys
import traceback
from pathlib import Path

from . import chain, growth, made_up, memory, reaction
from .kept import keep, kept
from .machine import machine
from .peers import CACHE
from .progress import loud, say
from .table import Row, markdown, put, text

SUBJECTS = {it.NAME: it for it in (chain, memory, growth, made_up, reaction)}
LAST = CACHE / "last.json"


def chosen() -> argparse.Namespace:
    options = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    options.add_argument("--only", default=",".join(SUBJECTS), metavar="SUBJECT,…", help="of " + ", ".join(SUBJECTS))
    options.add_argument("--rounds", type=int, default=0, help="5, or 1 where it is to be quick")
    options.add_argument("--quick", action="store_true", help="few messages: shows that it works, and little more")
    options.add_argument("--markdown", action="store_true", help="the table as Markdown")
    options.add_argument(
        "--into", type=Path, metavar="PAGE", help="put into this page the last figures of each subject"
    )
    found = options.parse_args()
    if found.into:
        put(found.into.read_text(), "")  # better now than after a quarter of an hour
    if unknown := set(found.only.split(",")) - set(SUBJECTS):
        options.error(f"no such subject: {', '.join(unknown)}; there are {', '.join(SUBJECTS)}")
    found.rounds = found.rounds or (1 if found.quick else 5)
    return found


def main() -> int:
    options = chosen()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that all that was started is ended
    signal.signal(signal.SIGINT, signal.default_int_handler)
    rows: list[Row] = []
    failed = False
    for name in options.only.split(","):
        say(f"{name}: begins")
        try:
            found = SUBJECTS[name].measure(options.rounds, options.quick)
        except Exception:
            failed = True
            loud(f"{name} failed, and is missing in the table:\n{traceback.format_exc()}")
            continue
        if options.only != name:  # a long wait: not all of it shall be for the last
            print(text(found) + "\n", file=sys.stderr, flush=True)
        rows += found
        if not options.quick:
            keep(LAST, name, found)
    print(f"{machine()}\n\n{markdown(rows) if options.markdown else text(rows)}", flush=True)
    if options.into:
        table = f"Measured on {machine()}.\n\n{markdown(kept(LAST, SUBJECTS))}"
        options.into.write_text(put(options.into.read_text(), table))
    return 1 if failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
