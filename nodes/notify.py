"""notify: tell a person elsewhere: by ntfy, Telegram, e-mail, or whatever else Apprise reaches."""

from dataclasses import dataclass
from datetime import timedelta

from . import Link, Node, Port, Ports, Secret
from .notices import Notice, Owed, Repeats, addresses, told, wanted


@dataclass(frozen=True, kw_only=True)
class Config:
    to: Secret  # Apprise addresses with spaces between: ntfy://topic tgram://token/chat mailtos://user:password@host
    title: str = "wattwire"
    again: timedelta = timedelta(hours=1)  # the same words are not sent again sooner than this


class In(Ports):
    say: Port[object]  # words, or a body with text, why or reason


class Out(Ports):
    sent: Port[Notice]
    failed: Port[Notice]  # whom it did not reach, with all that is still owed; it may be sent again, to these only


async def serve(cfg: Config, link: Link) -> None:
    try:
        services, wrong = addresses(cfg.to)
    except ImportError:
        raise ImportError("notify needs Apprise: pip install 'wattwire[notify]'") from None
    for why in wrong:
        await link.emit(Out.failed(Notice(at=link.now(), text=why, why=why)))
    repeats, owed = Repeats(cfg.again), Owed()
    while True:
        given = await link.receive()
        notice = told(given.body, given.at)
        if not notice.to and repeats.holds(notice.text, given.at):
            continue
        for it in owed.round(notice):
            reached: list[str] = []
            missed: list[str] = []
            for name, service in wanted(services, it):
                sent = await service.async_notify(body=it.text, title=cfg.title)  # with time limits of its own
                (reached if sent else missed).append(name)
            if reached:
                await link.emit(Out.sent(it.at_last(reached)))
            failed = bool(missed) or not services
            owed.settle(it.text, missed if failed else None)
            if failed:  # what comes after it would not get there either
                repeats.forget(it.text)
                why = f"not delivered by {', '.join(missed) or 'anybody'}"
                await link.emit(Out.failed(owed.with_others(it.at_last(missed, why))))
                break


NODE = Node("notify", Config, Out, serve=serve, ins=In)
