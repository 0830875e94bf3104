"""python -m tests.chaos.real: everything that can break is broken, for half an hour, while numbered messages pass.

Three flows of numbered messages run at once: `chain` with what a flow promises by default, `disk` with `durability:
disk`, and `wire`, whose broker is behind a cable that is cut; and a simulated GX that is given leases. Numbers of the
lane `own` come from a node, those of `kept` from a sender outside with an outbox as our nodes have, those of `bare`
from one without: what the broker confirmed to that one and had not saved when it was killed is told apart, as nobody
promises it. Each number should have one effect at the sink. `waited` and `tried` go round on an edge with `after`, and
on one that tries three times: the next number begins when the one before had its effect.

A fault is over when, on each lane that it could hit, a number that was sent after it has had its effect.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from wattwire.broker.doors import free_port
from wattwire.broker.envelope import stamp
from wattwire.broker.private import find_mosquitto

from .real_counting import Fault, Lane
from .real_faults import Havoc
from .real_ground import Cable, Disk, adopt, ground
from .real_gx import Leases
from .real_harm import Done, Script, after
from .real_report import progress, report
from .real_site import LOOPS, Chain, Site, descendants, memory

DRAIN = 180.0  # seconds that what is under way may take at the end
TOLD = 30.0  # seconds between lines of progress


class Run:
    def __init__(self, asked: argparse.Namespace, folder: Path) -> None:
        self.asked, self.folder, self.seconds = asked, folder, asked.minutes * 60
        self.short, seed = self.seconds <= 120, asked.seed
        self.disk, self.cable, self.skipped = ground(folder)
        r, shared = asked.rate, ["--shared"] if asked.shared else []
        self.chains = [Chain("chain", (r * 0.6, r * 0.2, r * 0.2), broken=asked.broken)]
        self.chains.append(Chain("disk", (r * 0.3, r * 0.1, r * 0.1), "disk"))
        port, state = free_port(0), self.disk.folder if self.disk else folder / "state"
        options = ["--state", str(state), "--port", str(port), "--prefer", "mosquitto", "--hang", str(asked.hang)]
        options += shared
        extra = [] if self.short else [Leases.write(folder)]
        self.sites = [Site("house", folder, self.chains, f"mqtt://127.0.0.1:{port}", options, extra=extra)]
        self.leases = None if self.short else Leases(self.sites[0], random.Random(f"{seed} gx"), 60)
        self.havoc = [self._havoc(self.sites[0], disk=self.disk)]
        if self.cable:
            wire = Chain("wire", (r * 0.3, r * 0.1, r * 0.1))
            self.chains.append(wire)
            options = ["--state", str(folder / "wire"), "--broker", self.cable.url, "--hang", str(asked.hang)]
            options += shared
            self.sites.append(Site("wire", folder, [wire], self.cable.ours, options, self.cable.inside()))
            self.havoc.append(self._havoc(self.sites[1], cable=self.cable))
        self.scripts: list[tuple[Script, Done]] = []
        self._reaped = self._told = time.monotonic()

    def _havoc(self, site: Site, disk: Disk | None = None, cable: Cable | None = None) -> Havoc:
        asked, chance = self.asked, random.Random(f"{self.asked.seed} {site.name}")
        return Havoc(site, chance, asked.hang, asked.burst, self.short, disk, cable, asked.only)

    # The loop

    def turn(self) -> None:
        first, *others = self.sites
        first.link.step(0.01, [fd for site in others for fd in site.link.fds()])
        for site in others:
            site.link.step(0)
        for site in self.sites:
            site.turn()
        for havoc in self.havoc:
            havoc.look()
        if self.leases:
            self.leases.turn()
        later = [(script, next(script, None) if done() else done) for script, done in self.scripts]
        self.scripts = [(script, done) for script, done in later if done is not None]
        if time.monotonic() - self._reaped > 1:
            self._reap()
        if time.monotonic() - self._told > TOLD:
            self._told = time.monotonic()
            progress(self)

    def until(self, done: Done, seconds: float) -> bool:
        late = after(seconds)
        while not done():
            if late():
                return False
            self.turn()
        return True

    def _reap(self) -> None:
        """Those whose parents were killed are ours."""
        self._reaped = time.monotonic()
        ours = {site.process.pid for site in self.sites}
        if self.cable:
            ours |= {self.cable.broker.pid, *(end.pid for end in self.cable.ends)}
        for pid, _ in list(descendants(os.getpid())):
            if pid not in ours:
                with suppress(ChildProcessError):
                    os.waitpid(pid, os.WNOHANG)

    @property
    def lanes(self) -> list[tuple[str, Lane]]:
        return [(chain.name, lane) for chain in self.chains for lane in chain.lanes.values()]

    @property
    def faults(self) -> list[Fault]:
        return [f for havoc in self.havoc for f in havoc.faults] + (self.leases.faults if self.leases else [])

    # The run

    def go(self) -> bool:
        for line in self.skipped:
            print(f"SKIPPED: {line}", flush=True)
        if not self.until(lambda: all(self._ready(chain) for chain in self.chains), 60):
            raise RuntimeError("it did not start: " + "".join(site.log.read_text()[-2000:] for site in self.sites))
        if self.cable:
            self.cable.save()
        for chain in self.chains:
            for node, body in LOOPS.values():
                self.site_of(chain).say(chain.name, node, "again", {**body, "at": stamp(datetime.now(UTC))})
            for sender in chain.senders:
                sender.on = True
        self.until(lambda: all(len(lane.ids) > 3 for _, lane in self.lanes), 30)
        self.until(lambda: False, 2 if self.short else 15)
        before, ends = (
            self._memory(),
            after(self.seconds * (4 if self.short else 1)),
        )  # each kind once, on a busy machine too
        for havoc in self.havoc:
            self.scripts.append((havoc.script(), after(0)))
        if self.leases:
            self.scripts.append((self.leases.script(), after(0)))
        while not ends() and not (self.short and not self.scripts):
            self.turn()
        for havoc in self.havoc:
            havoc.over = True
        if self.leases:
            self.leases.over = True
        self._drain()
        now = self._memory()
        for site in self.sites:
            site.leave()
        return report(self, before, now)

    def site_of(self, chain: Chain) -> Site:
        return next(site for site in self.sites if chain in site.chains)

    def _ready(self, chain: Chain) -> bool:
        site = self.site_of(chain)
        ready = all(site.status.get((chain.name, n), {}).get("state") == "ready" for n in ("source", "sink", "edges"))
        return site.link.up and ready

    def _memory(self) -> dict[str, float]:
        return {name: mb for site in self.sites for name, mb in memory(site).items()}

    def _drain(self) -> None:
        """What is under way comes to its end."""
        print("no more faults, no more numbers: what is under way comes to its end", flush=True)
        self.until(lambda: not self.scripts, 60)  # those under way heal what they broke
        for havoc in self.havoc:
            havoc.heal()
        for chain in self.chains:
            for sender in chain.senders:
                sender.on = False
        asked = [0.0]

        def done() -> bool:
            if time.monotonic() - asked[0] > 3:
                asked[0] = time.monotonic()
                for chain in self.chains:
                    for node, lane in (("source", "own"), ("patient", "waited"), ("stubborn", "tried")):
                        if lane not in chain.over:
                            self.site_of(chain).say(chain.name, node, "halt", {"on": True})
            quiet = all(len(c.over) == 3 and not any(s.waiting for s in c.senders) for c in self.chains)
            return quiet and not any(lane.lost for _, lane in self.lanes)

        self.until(done, 8 if self.asked.broken else DRAIN)
        self.until(lambda: False, 3)  # what comes twice may still come

    def close(self) -> None:
        for havoc in self.havoc:
            havoc.heal()
        for site in self.sites:
            site.end()
        if self.cable:
            self.cable.close()
        for pid, _ in list(descendants(os.getpid())):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


def main(args: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser("python -m tests.chaos.real", description=__doc__)
    parser.add_argument(
        "--minutes", type=float, default=30, help="up to two: only until each kind of fault was there once, and no GX"
    )
    parser.add_argument(
        "--rate", type=float, default=50, help="messages a second into the first flow; half into others"
    )
    parser.add_argument("--seed", type=int, default=random.randrange(10**6))
    parser.add_argument("--hang", type=float, default=10, help="as of wattwire run")
    parser.add_argument("--burst", type=int, default=10_000, help="messages in a flood")
    parser.add_argument(
        "--broken", default="", help="settings of the sink by which it fails: 'drop: 100', 'double: 100'"
    )
    parser.add_argument("--shared", action="store_true", help="the nodes of a flow in one process")
    parser.add_argument("--only", default="", help="kinds of fault, by the names of their functions")
    parser.add_argument("--keep", action="store_true", help="keep what the runs said")
    asked = parser.parse_args(args)
    if not find_mosquitto():
        print("mosquitto is not installed: no other broker keeps these promises. NOTHING WAS TRIED.")
        return 2
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGINT, signal.default_int_handler)  # what is begun in the background ignores it
    adopt()
    folder, good, run = Path(tempfile.mkdtemp(prefix="realchaos")), False, None
    print(f"seed {asked.seed}: {asked.minutes:g} minutes at {asked.rate:g} a second, in {folder}", flush=True)
    try:
        run = Run(asked, folder)
        good = run.go()
    except KeyboardInterrupt:
        print("ended by Ctrl-C")
    finally:
        if run:
            run.close()
        if good and not asked.keep:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            print(f"what the runs said is in {folder}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
