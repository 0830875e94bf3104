"""make bench: memory, start and hop cost, measured in one run and printed as ratios. Not a test: machines differ.

The yardstick for a hop is the same chain of stock paho clients (`loop_forever`, QoS 1, parse and dump).
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from wattwire.broker.envelope import begin
from wattwire.broker.link import Link, Message
from wattwire.broker.private import start

HOPS = 5
EXAMPLE = Path(__file__).parent / "world" / "example.env"
CHAIN = "flow: hops\nnodes:\n{nodes}edges:\n{edges}ends: [{ends}]\n"
BODY = {"n": 0, "text": "x" * 120, "power": 1234.5, "soc": 55.0}


def chain(hops: int = HOPS) -> str:
    """A flow of nodes that hand on what they are given."""
    names = [f"hop{i}" for i in range(1, hops + 1)]
    nodes = "".join(f"  {n}: {{type: switch, config: {{field: n, above: -1}}}}\n" for n in names)
    edges = "".join(f"  - {{from: {a}.yes, to: {b}.body}}\n" for a, b in pairwise(names))
    ends = [f"{n}.{port}" for n in names for port in ("no", "unknown")] + [f"{names[-1]}.yes"]
    return CHAIN.format(nodes=nodes, edges=edges, ends=", ".join(ends))


@contextmanager
def running(flow: str, *options: str) -> Iterator[tuple[subprocess.Popen[str], float, str]]:
    """`wattwire run`, the seconds until all its nodes were ready, and the address of its broker."""
    with tempfile.TemporaryDirectory() as state:
        began = time.monotonic()
        command = [sys.executable, "-m", "wattwire.flows", "run", flow, "--state", state, *options]
        run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        url, said = "", []
        try:
            for line in run.stdout or ():
                said.append(line)
                if found := re.search(r"mqtt://127\.0\.0\.1:\d+", line):
                    url = found[0]
                if " started in " in line:
                    break
            else:
                raise RuntimeError("wattwire run ended:\n" + "".join(said))
            yield run, time.monotonic() - began, url
        finally:
            run.send_signal(signal.SIGINT)
            run.wait(10)


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in task.read_text().split():
            found += family(int(child))
    return found


def memory(pid: int) -> float:
    """MB of proportional memory (PSS)."""
    text = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return int(re.findall(r"^Pss:\s+(\d+)", text, re.M)[0]) / 1024


def kind(pid: int, supervisor: int) -> str:
    name = Path(f"/proc/{pid}/comm").read_text().strip()
    known = {"wattwire-forks": "fork server", "mosquitto": "broker"}
    return "supervisor" if pid == supervisor else known.get(name, "simulators" if name.startswith("sim") else "nodes")


def busy(pids: list[int]) -> float:
    """Seconds of processor time so far; the kernel's ticks would be too coarse for what is idle."""
    files = [file for pid in pids for file in Path(f"/proc/{pid}/task").glob("*/schedstat")]
    return sum(int(file.read_text().split()[0]) for file in files) / 1e9


class Ends:
    """Both ends of a chain: sends numbered messages in, sees them come out."""

    def __init__(
        self, url: str, first: str, last: str, payload: Callable[[int], bytes], number: Callable[[bytes], int]
    ):
        self.first, self.last, self.payload, self.number = first, last, payload, number
        self.came: dict[int, float] = {}
        self.ready = False
        self.link = Link(url, f"bench{os.getpid()}", on_up=self._up,
                         on_down=lambda why: None, on_message=self._heard, clean=True)  # fmt: skip
        self.link.connect()
        self.until(lambda: self.ready)

    def _up(self, session: bool) -> None:
        self.link.subscribe([self.last], self._subscribed)

    def _subscribed(self, refused: tuple[str, ...]) -> None:
        self.ready = True

    def _heard(self, message: Message) -> None:
        self.came.setdefault(self.number(message.payload), time.monotonic())
        self.link.ack(message)

    def until(self, done: Callable[[], bool], limit: float = 60) -> None:
        ends = time.monotonic() + limit
        while not done():
            if time.monotonic() > ends:
                raise TimeoutError(f"{len(self.came)} messages came through")
            self.link.step(0.05)

    def saturated(self, count: int) -> float:
        """Messages a second, as many under way as the chain takes."""
        self.came.clear()
        began = time.monotonic()
        for n in range(count):
            self.link.publish(self.first, self.payload(n))
        self.until(lambda: len(self.came) == count)
        return count / (time.monotonic() - began)

    def paced(self, count: int, a_second: float) -> float:
        """Median milliseconds from end to end."""
        self.came.clear()
        sent, due = {}, time.monotonic()
        for n in range(count):
            while time.monotonic() < due:
                self.link.step(max(0.0, due - time.monotonic()))
            sent[n] = time.monotonic()
            self.link.publish(self.first, self.payload(n))
            self.link.step(0)
            due += 1 / a_second
        self.until(lambda: len(self.came) == count)
        return statistics.median((self.came[n] - sent[n]) * 1000 for n in sent)


def ours(url: str, tag: str) -> Ends:
    def payload(n: int) -> bytes:
        return begin("bench.out", {**BODY, "n": n}, datetime.now(UTC), f"{tag}{time.monotonic()}{n}").dumps()

    return Ends(url, "wattwire/hops/hop1/in/body", f"wattwire/hops/hop{HOPS}/yes", payload, numbered)


def numbered(payload: bytes) -> int:
    return int(json.loads(payload)["body"]["n"])


def stock(unix: str, hop: int) -> None:
    """One hop as most people would write it."""
    client = paho.Client(CallbackAPIVersion.VERSION2, f"stock{hop}", transport="unix", clean_session=True)

    def on_message(_client: paho.Client, _data: object, message: paho.MQTTMessage) -> None:
        client.publish(f"stock/{hop + 1}", json.dumps(json.loads(message.payload)), qos=1)

    def on_connect(*_: object) -> None:
        client.subscribe(f"stock/{hop}", qos=1)

    client.on_message, client.on_connect = on_message, on_connect
    client.max_inflight_messages_set(2000)
    client.connect(unix)
    client.loop_forever()


@contextmanager
def stock_chain(folder: Path) -> Iterator[Ends]:
    broker = start(folder, prefer="mosquitto", port=0)
    hops = [multiprocessing.Process(target=stock, args=(broker.unix, i), daemon=True) for i in range(HOPS)]
    for hop in hops:
        hop.start()
    try:

        def payload(n: int) -> bytes:
            return begin("bench.out", {**BODY, "n": n}, datetime.now(UTC), str(n)).dumps()

        ends = Ends(broker.nearest, "stock/0", f"stock/{HOPS}", payload, numbered)
        while not ends.came:
            ends.link.publish("stock/0", payload(0))
            ends.link.step(0.2)
        yield ends
    finally:
        for hop in hops:
            hop.terminate()
        broker.stop()


def hops(rounds: int, count: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        flow = Path(folder) / "hops.yaml"
        flow.write_text(chain())
        with running(str(flow), "--prefer", "mosquitto") as (_, _, url), stock_chain(Path(folder) / "b") as theirs:
            mine = ours(url, "m")
            figures = [(mine.saturated(count), theirs.saturated(count)) for _ in range(rounds)]
            paces = [(mine.paced(200, 100), theirs.paced(200, 100)) for _ in range(rounds)]
    fast, plain = (statistics.median(column) for column in zip(*figures, strict=True))
    quick, slow = (statistics.median(column) for column in zip(*paces, strict=True))
    print(f"{HOPS} hops, QoS 1, saturated   {fast:8.0f}/s    stock paho {plain:8.0f}/s   ratio {fast / plain:.2f}")
    print(f"{HOPS} hops, p50 at 100/s       {quick:8.2f} ms   stock paho {slow:8.2f} ms  ratio {quick / slow:.2f}")


def shipped(flow: str, *options: str) -> None:
    """Memory by what a process is for, the processor when nothing happens, and the start."""
    with running(flow, "--prefer", "mosquitto", *options) as (run, ready, _):
        time.sleep(10)  # the first readings are over
        pids = family(run.pid)
        before, began = busy(pids), time.monotonic()
        time.sleep(15)
        share = (busy(pids) - before) / (time.monotonic() - began)
        used: dict[str, list[float]] = {}
        for pid in pids:
            used.setdefault(kind(pid, run.pid), []).append(memory(pid))
    print(f"{flow:28} {sum(map(sum, used.values())):8.1f} MB    {len(pids)} processes (PSS)")
    for name, sizes in used.items():
        print(f"  {name:26} {sum(sizes):8.1f} MB    {len(sizes)} of {sum(sizes) / len(sizes):.1f}")
    print(f"  start to every node ready  {ready:8.2f} s     processor when idle {share:.2%} of a core")


def growth(many: int = 40) -> None:
    """What one more node costs."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        for count in (HOPS, many):
            flow = Path(folder) / "hops.yaml"
            flow.write_text(chain(count))
            with running(str(flow), "--prefer", "mosquitto") as (run, ready, _):
                time.sleep(2)
                found.append((sum(map(memory, family(run.pid))), ready))
    (less, quick), (more, slow) = found
    each = (more - less) / (many - HOPS)
    print(f"{many} nodes in one flow         {more:8.1f} MB    {each:.1f} MB for each more than {HOPS}")
    print(f"  start to every node ready  {slow:8.2f} s     {HOPS} nodes {quick:.2f} s")


def trial() -> None:
    command = [sys.executable, "-m", "wattwire.flows", "try", "simulated_house", "--from", "2026-11-21T12:00:00Z",
               "--until", "2026-11-22T12:00:00Z", "--out", os.devnull]  # fmt: skip
    began = time.monotonic()
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    print(f"a day of the house, made up  {time.monotonic() - began:8.2f} s")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--messages", type=int, default=5000)
    chosen = options.parse_args()
    multiprocessing.set_start_method("spawn")
    shipped("intelligent_octopus", "--env", str(EXAMPLE))
    shipped("simulated_house")
    growth()
    hops(chosen.rounds, chosen.messages)
    trial()


if __name__ == "__main__":
    main()
