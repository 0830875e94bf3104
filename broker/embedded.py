"""The embedded broker: amqtt in a process of its own, `python -m wattwire.broker.embedded --port N`. It needs no system
package. What it cannot promise stands in `private.EMBEDDED`."""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
import warnings

warnings.filterwarnings("ignore", category=DeprecationWarning)  # of amqtt's own dependencies

from amqtt.broker import Broker  # noqa: E402
from amqtt.mqtt.constants import QOS_0  # noqa: E402
from amqtt.plugins.base import BaseAuthPlugin  # noqa: E402
from amqtt.session import Session  # noqa: E402


class Anybody(BaseAuthPlugin):  # type: ignore[misc]
    """Lets everybody in. amqtt's own plugin for that also throws away what is queued for those who are away."""

    async def authenticate(self, *, session: Session) -> bool:
        return True


class Embedded(Broker):  # type: ignore[misc]
    """amqtt with three deeds set right."""

    async def _publish_session_retained_messages(self, session: Session) -> None:
        """What was queued is not retained: with that flag it would be old news."""
        handler = self._get_handler(session)
        while handler and not session.retained_messages.empty():
            queued = session.retained_messages.get_nowait()
            self._run(handler.mqtt_publish(queued.topic, queued.data, queued.qos, retain=False))

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        """Not those of other clients' filters, and without waiting for each acknowledgement."""
        wanted, qos = subscription
        handler = self._get_handler(session)
        subscribed = any(s.client_id == session.client_id for s, _ in self._subscriptions.get(wanted, ()))
        for topic, kept in list(self._retained_messages.items()) if handler and subscribed else ():
            if self._matches(topic, wanted):
                given = min(qos, kept.qos if kept.qos is not None else QOS_0)
                self._run(handler.mqtt_publish(topic, kept.data, given, retain=True))

    def _run(self, publishing: object) -> None:
        self._tasks_queue.append(asyncio.ensure_future(publishing))  # type: ignore[call-overload]


async def serve(port: int) -> None:
    broker = Embedded(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"127.0.0.1:{port}"}},
            "plugins": {"wattwire.broker.embedded.Anybody": {}},
        }
    )
    ended = asyncio.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(sign, ended.set)
    await broker.start()
    await ended.wait()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--name", help="by which a later start knows this process as its own")
    port = parser.parse_args().port
    logging.basicConfig(level=logging.ERROR, format="%(asctime)s %(message)s")
    logging.getLogger("transitions").setLevel(logging.ERROR)
    loop = asyncio.new_event_loop()
    try:
        loop.run_until_complete(serve(port))
    except Exception as wrong:
        print(f"{wrong}", file=sys.stderr, flush=True)
        return 1
    finally:
        sys.stderr.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
