"""How teslaCommand sees a command through: send it once, then look at the car; only what is seen is done.

Longer than a page: each step of a command leads to the next, and all of them share what became of the last.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from . import Emit, Fault, Reply, Request, replace
from .car_messages import CarCommand
from .messages import Car
from .tesla_effects import effect, of_car, of_reading
from .tesla_orders import LOOK, call, look, slot, wrong
from .tesla_outcomes import Settings, done, judged, lapsed, sleeping
from .tesla_pending import Memory, Wanted
from .tesla_readings import Reading
from .tesla_refusals import LONGEST, trouble
from .tesla_replies import Away, Moved, Trouble, heard, teslas
from .tesla_verdicts import verdict

SLACK = timedelta(minutes=1)  # a wish that was made later than this from now was made by a clock that was wrong
FREE = ("asleep", "unplugged", "powerless", "busy", "unauthorised", "throttled", "spent")  # tries that do not count

Course = tuple[Memory, list[Emit | Request]]


def wished(cfg: Settings, memory: Memory, command: CarCommand, now: datetime) -> Course:
    """A new wish, or one that comes back from waking the car and brings with it what else waits for that."""
    if why := wrong(command):
        return memory, [Emit("refused", Fault(why, code="invalid"))]
    about = slot(command)
    newest, older = memory.newest.get(about), memory.wanted.get(about)
    if newest is not None and command.at <= newest <= now + SLACK:  # seen before: woken for it, or settled already
        memory, emits = lapsed(cfg, memory, now)
        late = [_overtaken(command)] if command.at < newest else []
        return onward(cfg, replace(memory, round=memory.at("asleep"), car=None), [*emits, *late], now)
    memory, emits = lapsed(cfg, memory.with_wish(command), now)
    late = [_overtaken(older.command)] if older else []
    return onward(cfg, replace(memory, round=(about,)), [*late, *emits], now)


def _overtaken(command: CarCommand) -> Emit:
    return Emit("overtaken", Fault(f"{command.do}: a newer wish took its place", code="overtaken"))


def nudged(cfg: Settings, memory: Memory, now: datetime) -> Course:
    """Look at what was sent, then send what waits."""
    memory, emits = lapsed(cfg, memory, now)
    return onward(cfg, replace(memory, round=(LOOK, *memory.at("waiting"))), emits, now)


def seen(cfg: Settings, memory: Memory, car: Car, now: datetime) -> Course:
    """News of the car: it may show what was done, or make possible what was not."""
    memory, emits = lapsed(cfg, memory, now)
    if told := of_car(car):
        memory, more = judged(cfg, memory, told, sure=False)
        emits += more
    memory = replace(memory, away=car.at) if car.state in ("asleep", "offline") else memory
    return onward(cfg, replace(memory, round=memory.ready(car)), emits, now)


def onward(cfg: Settings, memory: Memory, emits: list[Emit], now: datetime) -> Course:
    """Go on with the round until there is something to ask."""
    results, (about, memory) = list[Emit | Request](emits), memory.next()
    while about:
        memory, more = _looking(cfg, memory, now) if about == LOOK else _sending(cfg, memory, about, now)
        results += more
        if any(isinstance(r, Request) for r in more):
            break
        about, memory = memory.next()
    return memory, results


def follow(cfg: Settings, memory: Memory, reply: Reply) -> Course:
    about, memory = memory.asking, replace(memory, asking="")
    if isinstance(told := heard(reply), Moved) and teslas(cfg.url) and cfg.url not in memory.bases:
        memory = memory.spared(about) if about in memory.wanted else memory
        memory = replace(memory, bases={cfg.url: told.base}, round=(about, *memory.round))
        return onward(cfg, memory, [], reply.at)
    memory, emits = (
        _looked(cfg, memory, reply) if about == LOOK else _told(memory, about, reply) if about in memory.wanted
        else (memory, [])
    )  # fmt: skip
    return onward(cfg, memory, emits, reply.at)


def _sending(cfg: Settings, memory: Memory, about: str, now: datetime) -> Course:
    it = memory.wanted[about]
    if it.tries >= cfg.tries:
        return memory.without(about), [Emit("lapsed", Fault(f"{it.command.do}: given up after {it.tries} tries"))]
    if why := _already(cfg, memory, it, now):
        return memory.without(about), [done(it, now, f"it was so already: {why}")]
    if it.command.do == "stop" and memory.car and _fast(memory.car):
        why = "the car is at a fast charger, where a charge is never stopped"
        return memory.without(about), [Emit("refused", Fault(why, code="fast"))]
    if memory.asleep or (it.command.do != "stop" and _asleep(cfg, memory, now)):
        memory, emits = sleeping(memory, about, Fault("the car is asleep"), now)
        return memory, [*emits]
    if memory.bearer is None:
        return replace(memory, round=()), [Emit("unauthorised", Fault("no valid token at the moment"))]
    if memory.quiet and now < memory.quiet <= now + LONGEST:
        left = (memory.quiet - now).total_seconds()
        why = "Tesla asked not to be called for a while"
        return replace(memory, round=()), [Emit("throttled", Fault(why, code="pause", retry_after=left))]
    return memory.sending(about, now), [call(cfg, it.command, memory.bearer, memory.bases.get(cfg.url))]


def _already(cfg: Settings, memory: Memory, it: Wanted, now: datetime) -> str:
    """Why nothing is to be sent: a reading of just now, newer than what the car was last told, shows it."""
    told, sent = of_car(memory.car) if memory.car else None, memory.sent.get(slot(it.command))
    if told is None or not timedelta() <= now - told.at <= cfg.fresh or (sent is not None and told.at <= sent):
        return ""
    if it.command.do == "stop" and memory.drawing:
        return ""
    found, why = effect(it.command, told)
    return why if found == "done" else ""


def _fast(car: Car) -> bool:
    return car.state == "online" and car.fast is True and car.charging is True


def _asleep(cfg: Settings, memory: Memory, now: datetime) -> bool:
    car = memory.car
    return car is not None and car.state == "asleep" and now - car.at <= cfg.fresh and not memory.drawing


def _told(memory: Memory, about: str, reply: Reply) -> tuple[Memory, list[Emit]]:
    """What became of the call."""
    it, now = memory.wanted[about], reply.at
    found = verdict(it.command.do, reply)
    emit = [Emit(found.port, found.fault)]
    if found.port in FREE:
        memory = memory.spared(about)
    match found.port:
        case "taken":
            return memory.at_stage(about, "sent"), [Emit("taken", it.command)]
        case "done" | "full":
            return memory.without(about), [done(it, now, found.fault.why, found.port)]
        case "asleep":
            return sleeping(memory, about, found.fault, now)
        case "unknown":
            return memory.at_stage(about, "sent"), emit
        case "unplugged":
            return memory.at_stage(about, "unplugged"), emit
        case "refused" | "forbidden":
            return memory.without(about), emit
        case "unauthorised" | "throttled" | "spent":
            return _paused(memory.at_stage(about, "waiting"), found.fault, now), emit
    return memory.at_stage(about, "waiting"), emit


def _paused(memory: Memory, fault: Fault, now: datetime) -> Memory:
    """Tesla's own word to wait is kept to; a budget of ours is the host's to count."""
    quiet = now + timedelta(seconds=fault.retry_after) if fault.status and fault.retry_after else memory.quiet
    return replace(memory, round=(), quiet=quiet)


def _due(cfg: Settings, memory: Memory, now: datetime) -> list[str]:
    return [k for k in memory.at("sent") if now - (memory.wanted[k].sent or now) >= cfg.settle]


def _looking(cfg: Settings, memory: Memory, now: datetime) -> Course:
    emits = list[Emit]()
    if memory.car and (told := of_car(memory.car)):
        memory, emits = judged(cfg, memory, told, sure=False)
    results, due = list[Emit | Request](emits), _due(cfg, memory, now)
    if not due:
        return memory, results
    if memory.bearer is None:
        return replace(memory, round=()), [*results, Emit("unauthorised", Fault("no valid token at the moment"))]
    listed = any(k.startswith("schedule ") for k in due)
    asked = look(cfg, memory.bearer, memory.bases.get(cfg.url), schedules=listed)
    return replace(memory, asking=LOOK), [*results, asked]


def _looked(cfg: Settings, memory: Memory, reply: Reply) -> tuple[Memory, list[Emit]]:
    due, now = _due(cfg, memory, reply.at), reply.at
    match told := heard(reply):
        case Reading():
            shown = replace(of_reading(told, reply), at=now)  # the car answered just now, whatever its clock says
            return judged(cfg, memory, shown, sure=True)
        case Away():
            emits = list[Emit]()
            for about in due:
                memory, more = sleeping(memory, about, told.fault, now)
                emits += more
            return memory, emits
        case Trouble(port="unauthorised" | "throttled" | "spent" | "forbidden" as port, fault=fault):
            return _paused(memory, fault, now), [Emit(port, fault)]
        case Trouble(fault=fault):
            return replace(memory, round=()), [Emit("unknown", fault)]
    return replace(memory, round=()), [Emit("unknown", trouble(reply))]
