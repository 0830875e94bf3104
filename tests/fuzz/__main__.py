"""make fuzz: bad input for as long as you like. With atheris, guided by the code that is reached; without, blindly."""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.util
import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random, SystemRandom
from typing import Any

HERE = Path(__file__).resolve()
sys.path.insert(0, str(HERE.parents[1] / "support"))
FOUND = HERE.parents[2] / "build" / "fuzz"
"""What was found lies there: an input a file."""

GUIDED = importlib.util.find_spec("atheris") is not None


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="for all of them together")
    parser.add_argument("--only", default="", help="those whose name holds this")
    parser.add_argument("--seed", type=int, default=SystemRandom().randrange(10**9), help="of what is done blindly")
    parser.add_argument("--guided", metavar="NAME", help=argparse.SUPPRESS)  # one of them, in this process
    given = parser.parse_args()
    if given.guided:
        guided(given.guided, given.minutes * 60)
    FOUND.mkdir(parents=True, exist_ok=True)
    targets = importlib.import_module("byte_targets").bytes_targets()
    lives = importlib.import_module("node_targets").nodes()
    wanted = [t for t in targets if given.only in t.name]
    alive = [name for name in lives if given.only in name]
    if not wanted and not alive:
        parser.error(f"nothing is called {given.only}; there are {', '.join([*(t.name for t in targets), *lives])}")
    share = given.minutes * 60 / (len(wanted) + len(alive) / 2)
    how = "guided by atheris" if GUIDED else "blindly, as atheris is not installed"
    print(f"{share:.0f} s for each parser, {how}; half of it for each node; seed {given.seed}", flush=True)
    bad = 0
    for target in wanted:
        bad += begun(target.name, share) if GUIDED else blindly(target, share, Random(given.seed))
    for name in alive:
        bad += living(name, share / 2, given.seed)
    print("nothing was found" if not bad else f"{bad} of them fell: see above, and {FOUND}", flush=True)
    return int(bad > 0)


def begun(name: str, seconds: float) -> int:
    """libFuzzer never returns: it has a process of its own."""
    command = [sys.executable, "-m", "tests.fuzz", "--guided", name, "--minutes", str(seconds / 60)]
    done = subprocess.run(command, cwd=HERE.parents[2], capture_output=True, text=True, errors="replace", check=False)
    lines = done.stderr.splitlines()
    runs = next((line for line in reversed(lines) if line.startswith("stat::number_of_executed_units")), ": ?")
    reached = next((p for line in reversed(lines) if "cov:" in line for p in [line.split("cov: ")[1].split()[0]]), "?")
    print(f"{name}: {runs.rpartition(':')[2].strip()} inputs, {reached} places reached", flush=True)
    if done.returncode:
        print(*done.stdout.splitlines()[-30:], *lines[-15:], sep="\n", flush=True)
    return int(done.returncode != 0)


def guided(name: str, seconds: float) -> None:
    atheris: Any = importlib.import_module("atheris")
    with atheris.instrument_imports(include=["wattwire", "json", "yaml"]):
        module: Any = importlib.import_module("byte_targets")
    target = next(t for t in module.bytes_targets() if t.name == name)
    label = "".join(c if c.isalnum() else "-" for c in name)
    seeds = FOUND / "seeds" / label
    seeds.mkdir(parents=True, exist_ok=True)
    for seed in target.seeds:
        (seeds / hashlib.sha1(seed).hexdigest()).write_bytes(seed)
    options = [f"-max_total_time={max(1, round(seconds))}", "-timeout=10", "-rss_limit_mb=2000", "-max_len=20000"]
    options += [f"-artifact_prefix={FOUND}/{label}-", "-print_final_stats=1", str(seeds)]
    atheris.Setup([sys.argv[0], *options], target.try_)
    atheris.Fuzz()


def blindly(target: Any, seconds: float, chance: Random) -> int:
    count, ends = 0, time.monotonic() + seconds
    while time.monotonic() < ends:
        count, data = count + 1, target.blind(chance)
        try:
            target.try_(data)
        except BaseException as wrong:
            if isinstance(wrong, KeyboardInterrupt):
                raise
            file = FOUND / f"{target.name.replace(' ', '-')}-{hashlib.sha1(data).hexdigest()[:12]}"
            file.write_bytes(data)
            print(f"{target.name}: {type(wrong).__name__}: {str(wrong)[:200]}; the input is in {file}", flush=True)
            return 1
    print(f"{target.name}: {count} inputs", flush=True)
    return 0


def living(name: str, seconds: float, seed: int) -> int:
    lived, first, ends = importlib.import_module("node_targets").lived, seed, time.monotonic() + seconds
    while time.monotonic() < ends:
        try:
            lived(name, seed)
        except BaseException as wrong:
            if isinstance(wrong, KeyboardInterrupt):
                raise
            print(f"{name}: {type(wrong).__name__}: {str(wrong)[:200]}; lived({name!r}, {seed})", flush=True)
            return 1
        seed += 1
    print(f"{name}: {seed - first} lives", flush=True)
    return 0


if __name__ == "__main__":
    code = main()
    sys.stdout.flush()
    os._exit(code)
