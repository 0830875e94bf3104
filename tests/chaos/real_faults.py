"""What may go wrong, for real. A fault is a generator that does harm and yields conditions to wait for."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

from .real_harm import Harm, Script, after, alive, send, within

PATIENT = 120.0  # seconds after which the next fault comes though the one before is not over
NO_ROOM = "cannot be used: the disk is full"  # the last words of a supervisor that cannot begin


class Havoc(Harm):
    """Faults at one site, one after the other; some before the one before is over."""

    def menu(self) -> list[tuple[int, Callable[[], Script]]]:
        """How often, relative to each other, and what."""
        found = [(8, self.node_killed), (2, self.node_hangs)]
        if not self.cable:
            found += [(2, self.edges_killed), (3, self.node_paused), (2, self.forks_killed), (1, self.forks_stopped)]
            found += [(3, self.supervisor_killed), (2, self.supervisor_stopped)]
            found += [(3, self.broker_killed), (2, self.broker_stopped), (2, self.flood), (2, self.flood_and_killed)]
        else:
            found += [(4, self.cut), (2, self.cut_one_way), (2, self.cut_and_killed), (2, self.far_killed)]
            found += [(2, self.supervisor_killed)]
        if self.disk:
            found += [(2, self.disk_full), (2, self.disk_full_and_killed)]
            found += [(0, self.disk_full_and_supervisor_killed)] if self.only else []
        if not self.short:
            found += [(3, self.cut_long), (1, self.far_stopped)] if self.cable else [(1, self.broker_stopped_long)]
        return [it for it in found if not self.only or it[1].__name__ in self.only.split(",")]

    def script(self) -> Script:
        menu = self.menu()
        first = self.chance.sample([does for _, does in menu], len(menu))  # each once, then by chance
        while not self.over and menu and (first or not self.short):
            does = first.pop() if first else self.chance.choices([d for _, d in menu], [w for w, _ in menu])[0]
            yield from does()
            if self.short or self.chance.random() < 0.75:
                yield within(PATIENT, lambda: not self.open)
                yield after(self.chance.uniform(0, 0.3 if self.short else 3))

    # Nodes

    def node_killed(self, kind: str = "node killed", *of: str) -> Script:
        if chosen := self.node(*of):
            self.begins(kind, chosen[0].fast, chosen[1])
            send(chosen[2], signal.SIGKILL)
        yield after(0)

    def edges_killed(self) -> Script:
        yield from self.node_killed("edges killed", "edges")

    def node_paused(self) -> Script:
        if chosen := self.node():
            self.begins("node stopped for a while", chosen[0].fast, chosen[1])
            yield from self._pause(chosen[2], self.brief())

    def node_hangs(self) -> Script:
        if chosen := self.node():
            self.begins(f"node hangs (noticed after {self.hang:g} s)", chosen[0].fast, chosen[1])
            send(pid := chosen[2], signal.SIGSTOP)
            yield within(self.hang + 10, lambda: not alive(pid))
            self.ends()
            if alive(pid):
                self.site.surprises.append(f"{chosen[0].name}/{chosen[1]} hung for {self.hang + 10:g} s unnoticed")
                send(pid, signal.SIGCONT)

    # What runs them

    def forks_killed(self) -> Script:
        if pid := self.site.named("wattwire-forks"):
            self.begins("fork server killed")
            send(pid, signal.SIGKILL)
        yield after(0)

    def forks_stopped(self) -> Script:
        """While a node needs it."""
        pid, chosen = self.site.named("wattwire-forks"), self.node()
        if pid and chosen:
            self.begins("fork server stopped, node killed", chosen[0].fast, chosen[1])
            send(chosen[2], signal.SIGKILL)
            yield from self._pause(pid, self.brief() if self.short else self.chance.choice([2, 8, 25]))

    def supervisor_killed(self) -> Script:
        left = self.site.family()
        self.begins("supervisor killed")
        self.site.kill_supervisor()
        if self._full_since < float("inf"):
            self._unsaved()
        yield within(10, lambda: not any(alive(pid) for pid in left))
        if there := [name for pid, name in left.items() if alive(pid)]:
            self.site.surprises.append(f"outlived their supervisor by 10 s: {', '.join(there)}")

    def supervisor_stopped(self) -> Script:
        self.begins("supervisor stopped for a while")
        yield from self._pause(self.site.process.pid, self.brief() if self.short else self.chance.choice([2, 8, 15]))

    # The broker

    def broker_killed(self) -> Script:
        if pid := self.site.named("mosquitto"):
            self.begins("broker killed")
            send(pid, signal.SIGKILL)
            self._unsaved()
        yield after(0)

    def broker_stopped(self, kind: str = "broker stopped for a while", seconds: float = 0) -> Script:
        self.begins(kind)
        yield from self._pause(self.site.named("mosquitto"), seconds or self.brief())

    def broker_stopped_long(self) -> Script:
        yield from self.broker_stopped("broker stopped for 35 s", 35)

    # Floods

    def flood(self) -> Script:
        chain = self.chance.choice(self.site.chains)
        chain.kept.flood(self.burst)
        self.begins(f"flood of {self.burst}", chain.fast)  # the next number is behind it
        yield after(0)

    def flood_and_killed(self) -> Script:
        if chosen := self.node("hop", "sieve", "edges", "sink"):
            chosen[0].kept.flood(self.burst)
            self.begins(f"flood of {self.burst}, node killed", chosen[0].fast, chosen[1])
            yield after(self.brief())
            send(chosen[2], signal.SIGKILL)

    # The disk

    def disk_full(self, kind: str = "disk full", killed: bool = False) -> Script:
        assert self.disk
        self.begins(kind)
        self._full_since, self.site.excused = time.monotonic(), NO_ROOM  # it may have been killed just before
        self.disk.fill()
        yield after(1.5 if self.short else self.chance.uniform(1, 8))
        if killed and (chosen := self.node("sieve", "sink", "edges", "source")):
            send(chosen[2], signal.SIGKILL)
            yield after(1)
        self.disk.clear()
        self.ends()
        yield after(0 if self.short else 6)
        self._full_since, self.site.excused = float("inf"), ""

    def disk_full_and_killed(self) -> Script:
        yield from self.disk_full("disk full, node killed", True)

    def disk_full_and_supervisor_killed(self) -> Script:
        """Two faults at once, of which only `durability: disk` promises anything: asked for by its name alone."""
        assert self.disk
        self.begins("disk full, supervisor killed")
        self._full_since, self.site.excused = time.monotonic(), NO_ROOM
        self.disk.fill()
        yield after(self.brief())
        self.site.kill_supervisor()
        self._unsaved()
        yield after(self.chance.uniform(3, 6))
        self.disk.clear()
        self.ends()
        yield after(6)
        self._full_since, self.site.excused = float("inf"), ""

    # The link

    def cut(self, kind: str = "link cut", seconds: float = 0, ways: tuple[str, ...] = ("near", "far")) -> Script:
        assert self.cable
        self.begins(kind)
        self.cable.cut(ways)
        yield after(seconds or self.chance.uniform(1, 3 if self.short else 10))
        self.cable.join()
        self.ends()

    def cut_one_way(self) -> Script:
        yield from self.cut("link cut one way", 0, (self.chance.choice(["near", "far"]),))

    def cut_long(self) -> Script:
        yield from self.cut("link cut for longer than the keep-alive", self.chance.uniform(32, 50))

    def cut_and_killed(self) -> Script:
        assert self.cable
        self.cable.cut()
        yield after(self.brief())
        yield from self.node_killed("link cut, node killed")
        yield after(self.brief())
        self.cable.join()
        self.ends()

    def far_killed(self) -> Script:
        assert self.cable
        self.begins("broker behind the link killed")
        self.cable.broker.kill()
        self.cable.broker.wait()
        self._unsaved()
        yield after(0.5)
        self.cable.start()
        self.ends()

    def far_stopped(self) -> Script:
        assert self.cable
        self.begins("broker behind the link stopped for 35 s")
        yield from self._pause(self.cable.broker.pid, 35)
