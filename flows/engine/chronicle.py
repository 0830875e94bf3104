"""The story of a flow in the few lines that a person wants: what went wrong, what was done, when it was over."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Hashable, Mapping
from datetime import datetime, timedelta
from typing import Any

from wattwire.broker.envelope import instant

from .graph import Flow
from .logbook import Entry
from .troubles import GRACE, Trouble, again, answered, clock, lasted, plain, remote

OFTEN, WHILE = 3, timedelta(hours=1)  # how often in what time a trouble that comes and goes is told
ECHO = timedelta(minutes=1)  # an alarm about what was told within this adds nothing
PAUSE, PAUSES = timedelta(minutes=5), ("spent", "throttled")  # asked to wait, by the other side or by our own budget
LATE = timedelta(seconds=20)  # after which a node that was started should be ready
FEW = 4  # nodes that are named when they are ready
MARKS = {"red": "warning", "yellow": "info"}

Write = Callable[[Entry], object]
Who = tuple[str, str]  # node, and which of its troubles: its life, its status, or what comes of its work


class Chronicle:
    """The story of one flow. It is told the time; nodes tell it only what has changed."""

    def __init__(self, flow: Flow, write: Write) -> None:
        self.flow, self._write = flow, write
        self.troubles: dict[Who, Trouble] = {}
        self._begun: dict[tuple[Hashable, str], deque[datetime]] = {}  # when such a trouble was told
        self._recent: deque[tuple[datetime, str]] = deque(maxlen=20)
        self._alarms: dict[str, datetime] = {}
        self._did: dict[tuple[str, str], tuple[str, datetime | None]] = {}  # how, and until when
        self._texts: dict[str, str] = {}
        self._expected: set[str] = set()
        self._waiting: set[str] = set()  # of those, who is not ready yet
        self._patience: datetime | None = None

    def expect(self, nodes: Collection[str], now: datetime) -> None:
        """They are started together: one line says that all are ready."""
        self._expected, self._waiting, self._patience = set(nodes), set(nodes), now + LATE if nodes else None

    def say(self, node: str, level: str, text: str, now: datetime) -> None:
        """A line as it is."""
        for part in text.splitlines():
            self._recent.append((now, part))
            self._write(Entry(now, node, level, part))

    # What nodes and those who mind them tell

    def status(self, node: str, state: str, text: str, fill: str, now: datetime) -> None:
        """A node's `$status` has changed."""
        kind = it.type if (it := self.flow.nodes.get(node)) else None
        if state == "crashed":
            self._begin((node, "life"), Trouble(now, text, (node, "life"), level="error"), now, at_once=True)
            return
        if state != "ready":
            return
        self._end((node, "life"), "runs again{}", now)
        self._ready(node, now)
        if kind is not None and kind.name == "alarm":
            if fill == "red":
                self._alarm(node, text, now)
        elif fill == "red" or (fill == "yellow" and not self._stands_in(node)):
            known = self.troubles.get(who := (node, "status"))
            if known is None:
                self._begin(who, Trouble(now, text, node, level=MARKS[fill]), now, at_once=fill == "red")
            elif fill == "red" or not known.told:  # yellow after red: it is recovering
                known.why, known.level, known.counts = text, MARKS[fill], 1
                self._tell(who, known, now, at_once=fill == "red")
        elif fill == "green":
            news = f": {text}" if text and not self._told_of_late(text, now) else ""
            if not self._end((node, "status"), f"well again{{}}{news}", now):
                self._acted(node, text, now)
            self._texts[node] = plain(text)

    def failed(self, node: str, port: str, why: str, status: int | None, code: str | None, now: datetime) -> None:
        """All that came of an input was a fault."""
        who, about = (node, "work"), (remote(self.flow, node), status, code)
        known = self.troubles.get(who)
        if known is None:
            self._begin(who, Trouble(now, why, about, port, grace=PAUSE if port in PAUSES else GRACE), now)
            return
        if port in PAUSES:  # what is wrong is still what was wrong before
            return
        known.times += 1
        if known.again(why):
            known.why, known.about, known.port, known.grace = why, about, port, GRACE
            self._tell(who, known, now)

    def well(self, node: str, now: datetime) -> None:
        """Something other than a fault came of an input."""
        known = self.troubles.get((node, "work"))
        tries = f"; {known.times} tries had failed" if known and known.times > 1 else ""
        also = f", as had those of {', '.join(known.also)}" if known and known.also and tries else ""
        self._end((node, "work"), f"well again{{}}{tries}{also}", now)

    def told(self, node: str, said: Mapping[str, Any], now: datetime) -> None:
        """In the words of a node's process."""
        match said:
            case {"failed": {"port": str(port), "why": str(why), "status": status, "code": code}}:
                self.failed(node, port, why, status, code, now)
            case {"well": _}:
                self.well(node, now)
            case {"did": {"what": str(), "how": str(), "words": str()} as did}:
                self.did(node, did, now)

    def did(self, node: str, told: Mapping[str, Any], now: datetime) -> None:
        """Something was done to the house, or seen of it."""
        what, how = str(told["what"]), str(told["how"])
        until = instant(told["until"]) if told.get("until") else None
        before = self._did.get((node, what))
        self._did[node, what] = how, until
        if how != (before[0] if before else {"lease": "release", "car": "online"}.get(what)):
            self.say(node, "info", str(told["words"]), now)

    def tick(self, now: datetime) -> None:
        """Every second or so: what lasts is told."""
        if self._patience is not None and now >= self._patience:
            self._patience = None
            self.say("", "warning", f"not ready after {lasted(LATE)}: {', '.join(sorted(self._waiting))}", now)
        for who, trouble in list(self.troubles.items()):
            if not trouble.told:
                self._tell(who, trouble, now)

    # What is worth a line

    def _ready(self, node: str, now: datetime) -> None:
        if node in self._waiting:
            self._waiting.remove(node)
            if not self._waiting:
                few, self._patience = len(self._expected) <= FEW, None
                told = ", ".join(sorted(self._expected)) if few else f"all {len(self._expected)} nodes"
                self.say("", "info", f"ready: {told}", now)

    def _stands_in(self, node: str) -> bool:
        """Whether its yellow status only says what `failed` said; and a simulator's is no trouble of the house."""
        it = self.flow.nodes.get(node)
        return it is not None and (it.type.read is not None or it.type.name.startswith("sim"))

    def _begin(self, who: Who, trouble: Trouble, now: datetime, at_once: bool = False) -> None:
        self.troubles[who] = trouble = self.troubles.get(who) or trouble
        self._tell(who, trouble, now, at_once)

    def _tell(self, who: Who, it: Trouble, now: datetime, at_once: bool = False) -> None:
        if plain(it.why) in it.said or not (at_once or it.told or it.counts > 1 or now - it.since >= it.grace):
            return
        if it.counts == 0:  # it was another's as well, which is over; this one has not been tried since
            return
        other = next((t for w, t in self.troubles.items() if t.told and w != who and t.same(it)), None)
        if other is not None:
            if who[0] not in other.also:
                other.also.append(who[0])
            return
        it.said.add(plain(it.why))
        often = self._often(who, it, now)
        it.told = True
        if often > OFTEN:
            return
        node, rest = who[0], ""
        if who[1] == "work":
            since = f" since {clock(it.since)}" if now - it.since > timedelta(seconds=2) else ""
            rest = since + again(self.flow, node, it.port)
        rest += self._ends(node, now) if who[1] != "work" else ""
        rest += "; it comes and goes, so is not told again until it has been well for an hour" if often == OFTEN else ""
        self.say(node, it.level, f"{answered(self.flow, node, it.why)}{rest}", now)

    def _often(self, who: Who, it: Trouble, now: datetime) -> int:
        """How often this was told of late, this time included."""
        times = self._begun.setdefault((who, plain(it.why)), deque(maxlen=OFTEN + 1))
        if times and now - times[-1] > WHILE:
            times.clear()
        times.append(now)
        return len(times)

    def _end(self, who: Who, words: str, now: datetime) -> bool:
        """It is over: said if its beginning was. Those who had the same trouble need not say so too."""
        it = self.troubles.pop(who, None)
        if it is None:
            return False
        if not it.told:
            return False
        for other in self.troubles.values():
            if other.same(it) and not other.told:
                other.counts, other.since = 0, now
        silent = max((len(self._begun.get((who, why), ())) for why in it.said), default=0) > OFTEN
        if not silent:
            span = f" after {lasted(now - it.since)}"
            self.say(who[0], "info", words.replace("{}", span, 1), now)
        return True

    def _acted(self, node: str, text: str, now: datetime) -> None:
        """An actuator that tells no leases says on its status what it does."""
        it = self.flow.nodes.get(node)
        if it is None or not it.type.actuator or it.type.read is not None or it.type.name.startswith("sim"):
            return
        leases = any(getattr(out.carries, "__name__", "") == "Lease" for out in it.type.outs.values())
        if text and not leases and plain(text) != self._texts.get(node):
            self.say(node, "info", text, now)

    def _ends(self, node: str, now: datetime) -> str:
        """About a lease in force while its node is in trouble: nobody need see to its end."""
        how, until = self._did.get((node, "lease"), ("", None))
        return f"; the {how} still ends by itself at {until:%H:%M} UTC" if until is not None and until > now else ""

    def _told_of_late(self, text: str, now: datetime) -> bool:
        return any(text in said and now - at < ECHO for at, said in self._recent)

    def _alarm(self, node: str, text: str, now: datetime) -> None:
        """A person is told. Mostly an alarm repeats what a node has said: then also say which node, and since when."""
        if (last := self._alarms.get(plain(text))) is not None and now - last < WHILE:
            return
        self._alarms[plain(text)] = now
        if self._told_of_late(text, now):
            return
        known = [(who[0], it) for who, it in self.troubles.items() if it.why and it.why in text]
        known.sort(key=lambda it: (it[1].why != text, not it[1].told))
        if not known:
            self.say(node, "warning", text, now)
            return
        name, it = known[0]
        if not any(other.alarmed and other.same(it) for other in self.troubles.values()):
            it.told = it.alarmed = True
            it.said.add(plain(it.why))
            of = f"{name}, {it.times} times since" if it.times > 1 else f"{name}, since"
            self.say(node, "warning", f"{answered(self.flow, name, text)} ({of} {clock(it.since)})", now)
