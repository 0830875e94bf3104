"""One `wattwire run` under test: started, watched over its broker, killed, and started again as systemd would."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from wattwire.broker.link import Link, Message
from wattwire.broker.pause import FIRST

from .real_counting import Lane
from .real_ground import started
from .real_sending import Bare, Kept, Sender

NODES = Path(__file__).parent / "real_nodes"
CHAIN = """
flow: {flow}
durability: {durability}
nodes:
  source:   {{type: numbers, config: {{every: {every}ms}}}}
  hop:      {{type: switch, config: {{field: n, above: 0}}}}
  sieve:    {{type: sieve}}
  sink:     {{type: sink, config: {{{broken}}}}}
  patient:  {{type: patient}}
  stubborn: {{type: stubborn, config: {{tries: 4}}}}
edges:
  - {{from: source.number,   to: hop.body}}
  - {{from: hop.yes,         to: sieve.number}}
  - {{from: sieve.fresh,     to: sink.number, times: 3, spent: hop.body}}
  - {{from: patient.next,    to: patient.again,  after: 300ms}}
  - {{from: stubborn.failed, to: stubborn.again, after: 50ms, times: 3, spent: stubborn.spent}}
ends: [source.ended, hop.no, hop.unknown, sieve.again, sink.effect, patient.effect, stubborn.effect]
"""
CHAINED = ("source", "hop", "sieve", "edges", "sink", "patient", "stubborn")
LOOPS = {"waited": ("patient", {"n": 0}), "tried": ("stubborn", {"n": 1, "tries": 0})}


class Chain:
    """A flow under test, its lanes and its senders."""

    def __init__(self, name: str, rates: tuple[float, float, float], durability: str = "broker", broken: str = ""):
        self.name, self.rates = name, rates
        self.text = CHAIN.format(flow=name, durability=durability, every=round(1000 / rates[0]), broken=broken)
        self.lanes = {lane: Lane(lane) for lane in ("own", "kept", "bare", *LOOPS)}
        self.senders: list[Sender] = []
        self.over: set[str] = set()  # lanes that said that they came to their end
        self.crashed: list[str] = []

    @property
    def fast(self) -> list[Lane]:
        """The lanes by which recovery is told."""
        return [self.lanes["own"], *(s.lane for s in self.senders if s.rate and isinstance(s, Kept))]

    def join(self, link: Link) -> None:
        self.kept = Kept(self.lanes["kept"], link, self.name, self.rates[1])
        self.bare = Bare(self.lanes["bare"], link, self.name, self.rates[2])
        self.senders = [self.kept, self.bare]

    def heard(self, node: str, port: str, told: dict[str, object]) -> None:
        body = told["body"]
        assert isinstance(body, dict)
        if port == "crashed":
            self.crashed.append(f"{node}: {body['why']}")
        elif port == "ended":
            self.lanes["own"].sent |= set(range(1, body["n"] + 1))
            self.over.add("own")
        elif port == "effect":
            lane, at = self.lanes[body["lane"]], datetime.fromisoformat(body["at"]).timestamp()
            lane.told(body["n"], str(told["id"]), at, body.get("count", 0))
            if body["lane"] in LOOPS:
                lane.sent |= {body["n"]} if body["last"] else {body["n"], body["n"] + 1}
                if body["last"]:
                    self.over.add(body["lane"])
            if not body.get("right", True):
                lane.wrong.add(body["n"])


class Site:
    def __init__(self, name: str, folder: Path, chains: Sequence[Chain], url: str, options: Sequence[str],
                 inside: Sequence[str] = (), extra: Sequence[Path] = ()) -> None:  # fmt: skip
        folder.mkdir(exist_ok=True)
        self.name, self.folder, self.chains, self.log = name, folder, list(chains), folder / f"{name}.log"
        files = [folder / f"{chain.name}.yaml" for chain in chains]
        for file, chain in zip(files, chains, strict=True):
            file.write_text(chain.text)
        self.command = [*inside, sys.executable, "-m", "wattwire.flows", "run", *map(str, files), *map(str, extra),
                        "--nodes", str(NODES), "--admin", "0", *options]  # fmt: skip
        self.status: dict[tuple[str, str], dict[str, object]] = {}
        self.messages: list[Message] = []  # of nobody's; whoever wants them takes them
        self.link = Link(url, f"driver-{name}", on_up=self._up, on_down=self._down, on_message=self._heard)
        for chain in self.chains:
            chain.join(self.link)
        self.topics = ["$status", "crashed", "effect", "ended"]
        self.restarts, self.surprises = 0, list[str]()
        self.killed = self.stopping = False
        self.excused = ""  # with these words it may end by itself just now
        self._again = 0.0
        self.start()
        self.link.connect()

    def start(self) -> None:
        self.process = started(self.command, self.log)
        self.killed = False

    def turn(self) -> None:
        """Start it again, as systemd would, half a second after it ended."""
        if not self.link.up:
            self.link.pause.span = FIRST  # ours is not the recovery that is measured
        if self.stopping or self.process.poll() is None:
            self._again = time.monotonic() + 0.5
        elif time.monotonic() > self._again:
            if not (self.killed or (self.excused and self.excused in self._last_words())):
                self.surprises.append(f"the supervisor of {self.name} ended by itself: {self.process.returncode}")
            self.restarts += 1
            self.start()
        for chain in self.chains:
            for sender in chain.senders:
                sender.turn()

    def _last_words(self) -> str:
        return self.log.read_text(errors="replace").rstrip().rpartition("\n")[2]

    def say(self, flow: str, node: str, port: str, body: object) -> None:
        self.link.publish(f"wattwire/{flow}/{node}/in/{port}", json.dumps(body).encode())

    def _up(self, _: bool) -> None:
        self.link.subscribe([f"wattwire/+/+/{last}" for last in self.topics if last != "N/#"]
                            + [t for t in self.topics if t == "N/#"])  # fmt: skip
        for chain in self.chains:
            for sender in chain.senders:
                sender.up()

    def _down(self, _: str) -> None:
        for chain in self.chains:
            for sender in chain.senders:
                sender.down()

    def _heard(self, message: Message) -> None:
        self.link.ack(message)
        base, _, rest = message.topic.partition("/")
        if base != "wattwire" or not message.payload:
            self.messages.append(message)
            return
        flow, node, port = rest.split("/")
        told = json.loads(message.payload)
        if port == "$status":
            self.status[flow, node] = told
        elif chain := next((c for c in self.chains if c.name == flow), None):
            chain.heard(node, port, told)
        else:
            self.messages.append(message)

    # Its processes

    def pid(self, flow: str, node: str) -> int | None:
        """Of a node that runs and is ready."""
        told = self.status.get((flow, node), {})
        pid = told.get("pid")
        return pid if isinstance(pid, int) and told["state"] == "ready" and pid in self.family() else None

    def family(self) -> dict[int, str]:
        return dict(descendants(self.process.pid)) if self.process.poll() is None else {}

    def named(self, name: str) -> int | None:
        return next((pid for pid, comm in self.family().items() if comm == name), None)

    def kill_supervisor(self) -> None:
        self.killed = True
        self.process.kill()

    def end(self) -> None:
        """At once, and whatever state they are in."""
        self.stopping = True
        family = self.family()
        self.process.kill()
        self.process.wait()
        for pid in family:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self.link.close()

    def leave(self) -> None:
        """In good order."""
        self.stopping = True
        self.process.send_signal(signal.SIGTERM)
        try:
            if code := self.process.wait(20):
                self.surprises.append(f"the supervisor of {self.name} left with {code}")
        except subprocess.TimeoutExpired:
            self.surprises.append(f"the supervisor of {self.name} did not leave within 20 s")


def descendants(pid: int) -> Iterator[tuple[int, str]]:
    with suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in Path(f"/proc/{pid}/task/{task}/children").read_text().split():
                yield int(child), Path(f"/proc/{child}/comm").read_text().strip()
                yield from descendants(int(child))


def memory(site: Site) -> dict[str, float]:
    """MB of proportional memory (PSS) of each process, by its name; several of one name are added up."""
    found = dict[str, float]()
    for pid, name in [(site.process.pid, "supervisor"), *site.family().items()]:
        with suppress(OSError):
            for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
                if line.startswith("Pss:"):
                    key = f"{site.name}: {name}"
                    found[key] = found.get(key, 0.0) + int(line.split()[1]) / 1024
    return found
