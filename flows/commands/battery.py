"""wattwire battery: tell the house battery of a running flow what to do, and see what comes of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import click

from wattwire.broker import topics
from wattwire.broker.envelope import begin, instant, loads, stamp
from wattwire.broker.link import Message
from wattwire.flows.engine.durations import duration
from wattwire.flows.engine.glance import time_of
from wattwire.flows.engine.visitor import Visitor

from .options import state_option
from .visiting import ENDS, broker_option, visit

MODES = ("charge", "hold", "release", "off", "plan", "show")
DAY = timedelta(days=1)  # by_hand_most of a controller, where its flow does not set it
END = "%a %d %b %H:%M"
ANSWER = 15.0  # s for the controller
EFFECT = 30.0  # s for the battery: writes, their reading back, and a look at what came of them


@click.command("battery", epilog=ENDS)
@click.argument("flow")
@click.argument("mode", type=click.Choice(MODES))
@click.option("--until", "when", metavar="TIME", help="When it ends, in local time: 05:30, or 2026-11-21T05:30.")
@click.option("--for", "span", metavar="DURATION", help="Or how long it lasts: 90m, 2h.")
@click.option("--soc", type=click.FloatRange(0, 100), metavar="%", help="Charge to this state of charge.")
@click.option("--reason", default="", help="A note to add to the reason that is shown.")
@click.option("--node", "named", default="", help="The controller, if the flow has several.")
@broker_option
@state_option
def command(flow: str, mode: str, when: str | None, span: str | None, soc: float | None, reason: str, named: str,
            broker: str, state: Path | None) -> None:  # fmt: skip
    """Tell the house battery of the running FLOW what to do. It overrides the plan, and always ends.

    \b
    charge   charge it, whatever power costs, as far as the main fuse allows
    hold     keep it from discharging
    release  leave it to itself, even while the car charges
    off      the same as release, but reported as switched off
    plan     go by the plan again
    show     show what it is told to do now, and why

    Without --until or --for it lasts a few hours (setting by_hand), and never longer than a day (by_hand_most).

    \b
    wattwire battery intelligent_octopus charge --until 05:30 --soc 90
    """
    now = datetime.now(UTC)
    until = _end(when, span, now)
    if (until or soc is not None or reason) and mode in ("plan", "show"):
        raise click.UsageError(f"{mode} takes no --until, --for, --soc or --reason")
    if soc is not None and mode != "charge":
        raise click.UsageError("--soc goes only with charge")
    with visit(flow, broker, state) as (visitor, name, graph):
        node = controller(graph, named)
        if mode == "show":
            _show(visitor, name, graph, node)
            return
        if told := end_words(until, now):
            click.echo(told, err=True)
        body = {"mode": mode, "until": until and stamp(until), "soc": soc, "reason": reason}
        raise SystemExit(_asked(visitor, name, graph, node, body))


def _end(when: str | None, span: str | None, now: datetime) -> datetime | None:
    if when and span:
        raise click.UsageError("--until or --for, not both")
    try:
        end = now + duration(span) if span else moment(when, now) if when else None
    except ValueError as wrong:
        raise click.BadParameter(str(wrong), param_hint="--for" if span else "--until") from None
    if end is not None and end <= now:
        raise click.BadParameter(f"{when or span} has already passed", param_hint="--until" if when else "--for")
    return end


def moment(text: str, now: datetime) -> datetime:
    """A local time: the next one at that time of day, or the one on its date. Raises ValueError."""
    try:
        clock = time.fromisoformat(text)
    except ValueError:
        try:
            return datetime.fromisoformat(text).astimezone(UTC)
        except ValueError:
            raise ValueError(f"{text!r} is not a time; write 05:30, or 2026-11-21T05:30") from None
    today = now.astimezone().date()
    days = (datetime.combine(today + timedelta(days=n), clock).astimezone(UTC) for n in range(3))
    return next(at for at in days if at > now)


def end_words(until: datetime | None, now: datetime) -> str:
    """For an end that a time of day alone, as in the lease's reason, does not make clear."""
    if until is None or until.astimezone().date() == now.astimezone().date():
        return ""
    if until > now + DAY:
        return (
            f"cut to a day, or to by_hand_most where the flow sets it: by hand until {(now + DAY).astimezone():{END}}"
        )
    return f"by hand until {until.astimezone():{END}}"


def controller(graph: Mapping[str, Any], named: str) -> str:
    """The node that takes a person's wishes."""
    found = [n for n, it in graph["nodes"].items() if it["ins"].get("hand", {}).get("body") == "ByHand"]
    if named and named not in found:
        raise click.BadParameter(
            f"{named!r} takes no commands for a battery; controllers: {', '.join(found)}", param_hint="--node"
        )
    if not found:
        raise click.UsageError("no node of this flow takes commands for a battery, as a victronController does")
    if len(found) > 1 and not named:
        raise click.UsageError(f"there are {', '.join(found)}: say which with --node")
    return named or found[0]


def _asked(visitor: Visitor, flow: str, graph: Mapping[str, Any], node: str, body: Mapping[str, Any]) -> int:
    """Hand it over, wait for the lease and for what comes of it; the exit code."""
    said = begin("wattwire.battery", body, datetime.now(UTC), uuid4().hex)  # without a sender its id would not be kept
    acting = {e["to"].partition(".")[0] for e in graph["edges"] if e["from"] == f"{node}.lease"}
    outcomes = {topics.out(flow, actor, port): (actor, port) for actor in sorted(acting)
                for port in ("confirmed", "refused") if port in graph["nodes"][actor]["outs"]}  # fmt: skip
    answer, effect = list[Mapping[str, Any]](), list[tuple[str, str, Mapping[str, Any]]]()

    def heard(message: Message) -> None:
        if not message.payload:
            return
        it = loads(message.payload, datetime.now(UTC))
        if message.topic == topics.out(flow, node, "lease") and it.cause == said.id:
            answer.append(it.body)
        actor, port = outcomes.get(message.topic, ("", ""))
        if answer and (port == "refused" or (port and it.body["mode"] == answer[0]["mode"])):
            effect.append((actor, port, it.body))

    visitor.heard, listening = heard, list[bool]()
    visitor.link.subscribe([topics.out(flow, node, "lease"), *outcomes], lambda _: listening.append(True))
    visitor.until(lambda: bool(listening), ANSWER)
    if not listening or not visitor.publish(topics.into(flow, node, "hand"), said.dumps()):
        click.echo("the broker did not accept the message", err=True)
        return 1
    if not visitor.until(lambda: bool(answer), ANSWER):
        click.echo(f"{node} did not answer within {ANSWER:.0f} s; see wattwire status {flow}", err=True)
        return 1
    lease = answer[0]
    click.echo(_words(lease))
    less = lease["mode"] == "release" and body["mode"] in ("charge", "hold")
    if not outcomes:
        return int(less)
    if not visitor.until(lambda: bool(effect), EFFECT):
        click.echo(f"nothing was confirmed within {EFFECT:.0f} s; see wattwire status {flow}", err=True)
        return 1
    actor, port, told = effect[0]
    click.echo(f"{actor}: {port}" + (f": {told['why']}" if port == "refused" else ""), err=port == "refused")
    return int(less or port == "refused")


def _show(visitor: Visitor, flow: str, graph: Mapping[str, Any], node: str) -> None:
    house = [topics.out(flow, *e["from"].split(".")) for e in graph["edges"] if e["to"] == f"{node}.house"]
    lease = topics.out(flow, node, "lease")
    status = topics.status(flow, node)
    told = {topic: json.loads(it) for topic, it in visitor.retained([lease, status, *house]).items() if it}
    found = {topic: it["body"] for topic, it in told.items() if topic != status}
    now = told.get(status, {}).get("text")  # a lease bears the words of the moment in which it was said
    wished = {**found[lease], "reason": now or found[lease]["reason"]} if lease in found else None
    click.echo(_words(wished) if wished else f"{node} has not asked for anything yet")
    for body in (found[topic] for topic in house if topic in found):
        click.echo(f"{reading(body)}, at {time_of(instant(body['at']))}")
        if body.get("why_not"):
            click.echo(f"cannot be steered: {body['why_not']}")


def reading(house: Mapping[str, Any]) -> str:
    told = [] if house.get("soc") is None else [f"battery {house['soc']:.0f} %"]
    flows = (("battery", "charging", "discharging"), ("grid", "from the grid", "to the grid"), ("ev", "car", "car"))
    for name, taken, given in flows:
        if (power := house.get(name)) is not None:
            told.append(f"{taken if power >= 0 else given} {abs(power):.0f} W")
    return ", ".join(told) or "no readings of the house"


def _words(lease: Mapping[str, Any]) -> str:
    soc = f" to {lease['soc']:.0f} %" if lease.get("soc") is not None else ""
    over = instant(lease["until"]) <= datetime.now(UTC)
    until = "" if lease["mode"] == "release" else f" {'ended' if over else 'until'} {time_of(instant(lease['until']))}"
    return f"{lease['mode']}{soc}{until}: {lease['reason']}"
