"""A real Prometheus looks at the simulated house, as real processes."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlencode

import pytest
import yaml

from wattwire.flows.engine.loading import load
from wattwire.flows.engine.routes import processes

pytestmark = [pytest.mark.broker, pytest.mark.prometheus, pytest.mark.timeout(150)]

FLOW = "simulatedHouse"
PATIENCE = 90.0  # seconds for what takes longest: the first dispatch, and what the battery makes of it
PLAIN = urllib.request.build_opener(urllib.request.ProxyHandler({}))
T = TypeVar("T")


@dataclass(frozen=True)
class Watched:
    """A running house, and the Prometheus that watches it."""

    admin: str
    prometheus: str

    def ask(self, expr: str) -> list[dict[str, Any]]:
        """The series that a query finds now."""
        told = get(f"{self.prometheus}/api/v1/query?{urlencode({'query': expr})}")
        result = told["data"]["result"]
        assert isinstance(result, list)
        return result

    def ups(self) -> dict[str, str]:
        return {s["metric"]["node"]: s["value"][1] for s in self.ask(f'up{{flow="{FLOW}"}}')}

    def down(self) -> set[str]:
        """The nodes that are not up; on a busy machine, one that was not scraped within its second too."""
        return {node for node, up in self.ups().items() if up == "0"}

    def pid(self, node: str) -> int | None:
        with contextlib.suppress(urllib.error.HTTPError):
            pid = get(f"{self.admin}/health")["flows"][FLOW]["nodes"][node]["pid"]
            return int(pid) if pid else None
        return None

    def first_after(self, node: str, moment: float) -> str | None:
        """Whether a node was up at the first scrape that began after a moment."""
        for series in self.ask(f'up{{flow="{FLOW}", node="{node}"}}[30s]'):
            for at, value in series["values"]:
                if at > moment:
                    return str(value)
        return None


def get(url: str) -> Any:
    try:
        with PLAIN.open(url, timeout=10) as reply:
            return json.loads(reply.read())
    except urllib.error.HTTPError as unwell:
        if unwell.code == 503:  # /health of a house that is not
            return json.loads(unwell.read())
        raise


def eventually(look: Callable[[], T | None], what: str, seconds: float = PATIENCE) -> T:
    """Look again and again until there is something to see."""
    limit = time.monotonic() + seconds
    while not (seen := look()):
        assert time.monotonic() < limit, what
        time.sleep(0.05)
    return seen


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, deploy: Path) -> Iterator[Watched]:
    folder = tmp_path_factory.mktemp("house")
    with started(folder, "wattwire", run(folder)) as log:
        admin = eventually(lambda: re.search(r"admin: (http://[\d.:]+)", log.read_text()), f"no admin port: {log}")[1]
        port = free_port()
        with started(folder, "prometheus", prometheus(folder, deploy, admin, port)):
            watched = Watched(admin, f"http://127.0.0.1:{port}")
            eventually(lambda: ready(watched), "prometheus does not start", 30)
            yield watched


def run(folder: Path) -> list[str]:
    return [sys.executable, "-m", "wattwire.flows", "run", "simulated_house", "--state", f"{folder}/s", "--admin", "0"]


def prometheus(folder: Path, deploy: Path, admin: str, port: int) -> list[str]:
    """The shipped example, only quicker."""
    config = yaml.safe_load((deploy / "prometheus/prometheus.yml").read_text())
    config["global"]["scrape_interval"] = "1s"
    (job,) = config["scrape_configs"]
    job["http_sd_configs"] = [{"url": f"{admin}/sd", "refresh_interval": "1s"}]
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    return [
        shutil.which("prometheus") or "prometheus", f"--config.file={folder}/prometheus.yml",
        f"--storage.tsdb.path={folder}/tsdb", f"--web.listen-address=127.0.0.1:{port}",
    ]  # fmt: skip


@contextlib.contextmanager
def started(folder: Path, name: str, command: list[str]) -> Iterator[Path]:
    log = folder / f"{name}.log"
    with log.open("wb") as out:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=folder)
    try:
        yield log
    finally:
        child.terminate()
        try:
            child.wait(10)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def ready(watched: Watched) -> bool:
    with contextlib.suppress(OSError), PLAIN.open(f"{watched.prometheus}/-/ready", timeout=1) as reply:
        return bool(reply.status == 200)
    return False


def test_every_node_is_found_and_is_up(house: Watched) -> None:
    names = set(processes(load("simulated_house")))

    eventually(lambda: house.ups().keys() == names and set(house.ups().values()) == {"1"}, "not all nodes are up")

    assert {"rateResolver", "victronGx", "edges"} <= names
    assert house.ask('up{node="supervisor"}')[0]["value"][1] == "1"


def test_the_board_has_data_for(query: Any, house: Watched) -> None:
    def numbers() -> list[str]:
        return [s["value"][1] for s in house.ask(query.filled("15s")) if s["value"][1] != "NaN"]

    assert eventually(numbers, f"{query.filled('15s')} finds nothing")


@pytest.mark.parametrize("node", ["supervisor", "edges", "rateResolver", "dispatchFetcher", "teslaState", "victronGx"])
def test_promtool_has_nothing_to_say_about_the_metrics_of(node: str, house: Watched) -> None:
    path = "/metrics" if node == "supervisor" else f"/metrics/{FLOW}/{node}"
    with PLAIN.open(f"{house.admin}{path}", timeout=10) as reply:
        text = reply.read()

    checked = subprocess.run(["promtool", "check", "metrics"], input=text, capture_output=True)

    assert (checked.returncode, checked.stderr.decode()) == (0, "")


def test_a_node_that_is_mute_is_not_up_and_the_others_are(house: Watched) -> None:
    pid = eventually(lambda: house.pid("dispatch"), "no process")
    os.kill(pid, signal.SIGSTOP)
    stopped = time.time()
    try:
        mute = eventually(lambda: house.first_after("dispatch", stopped), "not scraped", 20)
        eventually(lambda: house.down() == {"dispatch"}, "others are not up", 8)  # after 10 s it is killed as hung
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    assert mute == "0"
    assert eventually(lambda: house.ups()["dispatch"] == "1", "it does not come back")


def test_a_killed_node_is_not_up_at_the_next_scrape_and_the_others_are(house: Watched) -> None:
    """It is started again within 0.1 s, which a scrape may not see; so it is killed until its supervisor waits."""
    killed = set[int]()

    def another() -> int | None:
        pid = house.pid("awake")
        return pid if pid not in killed else None

    for _ in range(5):
        pid = eventually(another, "no process", 20)
        os.kill(pid, signal.SIGKILL)
        killed.add(pid)
    dead = eventually(lambda: house.pid("awake") is None and time.time(), "it is still there", 20)

    assert eventually(lambda: house.first_after("awake", dead), "not scraped", 20) == "0"
    eventually(lambda: house.down() == {"awake"}, "others are not up", 20)
    assert float(house.ask('wattwire_node_crashes_total{node="awake"}')[0]["value"][1]) >= 4
