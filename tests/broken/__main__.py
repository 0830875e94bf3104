"""make broken: break each promise on purpose, in a copy of the tree, and see that the test which it names notices.

breaks.yaml is the list. A break that nobody notices, a test that fails for another reason than a failed assertion, and
one whose place in the code is gone are all told; the exit code is 1 then.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[2]
NOUNS = ("nodes", "flows", "broker")
FAILED = 1  # pytest's exit code where tests ran and some failed
LIMIT = 300  # seconds for one break
WHOLE = 1800  # and for all the tests with nothing broken
NONSENSE = ("NameError", "SyntaxError", "ImportError", "IndentationError", "ModuleNotFoundError")  # no break: a typo


@dataclass(frozen=True)
class Break:
    promise: str  # in words, with its number in the README where it has one
    file: str
    was: str  # a piece of the file that is there once
    becomes: str
    test: str  # what notices, as pytest names it; several by a space


def listed() -> list[Break]:
    return [Break(**it) for it in yaml.safe_load((Path(__file__).parent / "breaks.yaml").read_text())]


def copied(folder: Path) -> Path:
    """The tree as git knows it, and as it is now; `wattwire` is found in it before the installed one."""
    tree = folder / "tree"
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, check=True,
                           capture_output=True, text=True).stdout.split("\0")  # fmt: skip
    for name in filter(None, names):
        if (ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            (tree / name).write_bytes((ROOT / name).read_bytes())
    (folder / "links" / "wattwire").mkdir(parents=True)
    for noun in NOUNS:
        (folder / "links" / "wattwire" / noun).symlink_to(tree / noun)
    return tree


def broken(it: Break, tree: Path) -> None:
    """Raises ValueError where the place is gone."""
    file = tree / it.file
    text = file.read_text()
    if (found := text.count(it.was)) != 1:
        raise ValueError(f"{it.file} has the text {found} times that this break replaces")
    file.write_text(text.replace(it.was, it.becomes))


def outcome(tests: Sequence[str], tree: Path, limit: float = LIMIT) -> tuple[int, str]:
    """pytest's exit code and what it printed."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n0", "-p", "no:cacheprovider", "-m", "not long", *tests]
    env = {**os.environ, "PYTHONPATH": str(tree.parent / "links"), "PYTHONDONTWRITEBYTECODE": "1"}
    try:
        ran = subprocess.run(command, cwd=tree, env=env, capture_output=True, text=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return FAILED, f"it did not end within {limit} s"
    return ran.returncode, ran.stdout + ran.stderr


def tried(it: Break) -> tuple[bool, str]:
    """Whether the break is noticed, and in a few words how."""
    with tempfile.TemporaryDirectory() as folder:
        tree = copied(Path(folder))
        try:
            broken(it, tree)
        except ValueError as wrong:
            return False, str(wrong)
        code, told = outcome(it.test.split(), tree)
    how = next(_errors(told), "")
    if code == FAILED and not how.startswith(NONSENSE):
        return True, how or "failed"
    return False, f"pytest ended with {code}: {how or (told.strip().splitlines() or [''])[-1]}"


def _errors(told: str) -> Iterator[str]:
    for line in told.splitlines():
        if line.startswith("E  ") and line[1:].strip():
            yield line[1:].strip()[:100]


def main() -> int:
    options = argparse.ArgumentParser(prog="python -m tests.broken", description=__doc__)
    options.add_argument("--only", default="", help="breaks whose promise or file has this text")
    options.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    chosen = options.parse_args()
    breaks = [it for it in listed() if chosen.only in it.promise or chosen.only in it.file]
    began, missed = time.monotonic(), 0
    with tempfile.TemporaryDirectory() as folder:
        code, told = outcome(sorted({test for it in breaks for test in it.test.split()}), copied(Path(folder)), WHOLE)
    if code:
        print(f"the tests fail with nothing broken:\n{told[-3000:]}")
        return 1
    print(f"with nothing broken the tests pass, in {time.monotonic() - began:.0f} s", flush=True)
    with ThreadPoolExecutor(chosen.jobs) as pool:
        for it, (noticed, how) in zip(breaks, pool.map(tried, breaks), strict=True):
            missed += not noticed
            place = f"{it.file}: {it.was.strip().splitlines()[0]}"
            lines = [f"{'noticed' if noticed else 'MISSED '}  {it.promise}", place, it.test, how]
            print("\n         ".join(lines), flush=True)
    print(f"{len(breaks) - missed} of {len(breaks)} breaks noticed, in {time.monotonic() - began:.0f} s")
    return 1 if missed or not breaks else 0


if __name__ == "__main__":
    sys.exit(main())
