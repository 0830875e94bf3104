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

import amqtt.broker  # noqa: E402
from amqtt.broker import Broker  # noqa: E402
from amqtt.mqtt.constants import QOS_0  # noqa: E402
from amqtt.mqtt.protocol.broker_handler import BrokerProtocolHandler  # noqa: E402
from amqtt.mqtt.puback import PubackPacket  # noqa: E402
from amqtt.plugins.base import BaseAuthPlugin  # noqa: E402
from amqtt.session import INCOMING, ApplicationMessage, Session  # noqa: E402


class Anybody(BaseAuthPlugin):  # type: ignore[misc]
    """Lets everybody in. amqtt's own plugin for that also throws away what is queued for those who are away."""

    async def authenticate(self, *, session: Session) -> bool:
        return True


class Handler(BrokerProtocolHandler):  # type: ignore[misc]
    """amqtt's forgets what a client has not acknowledged after 5 s, or when it dies. This one sends it again."""

    async def _handle_qos1_message_flow(self, message: ApplicationMessage) -> None:
        if message.direction == INCOMING:
            await super()._handle_qos1_message_flow(message)
            return
        self.session.inflight_out[message.packet_id] = message
        message.publish_packet = message.build_publish_packet(dup=message.publish_packet is not None)
        await self._send_packet(message.publish_packet)

    async def handle_puback(self, puback: PubackPacket) -> None:
        self.session.inflight_out.pop(puback.variable_header.packet_id, None)


class Embedded(Broker):  # type: ignore[misc]
    """amqtt's broker, set right where it treats old news as new, or new as old."""

    async def _publish_session_retained_messages(self, session: Session) -> None:
        """What was queued is not retained: with that flag nobody would act on it."""
        session.attributes["returning"] = True
        handler = self._get_handler(session)
        while handler and not session.retained_messages.empty():
            queued = session.retained_messages.get_nowait()
            await handler.mqtt_publish(queued.topic, queued.data, queued.qos, retain=False)

    async def _publish_retained_messages_for_subscription(
        self, subscription: tuple[str, int], session: Session
    ) -> None:
        """To those who subscribe; amqtt also sends everybody's topics to those who return."""
        wanted, qos = subscription
        handler = self._get_handler(session)
        if handler is None or "returning" in session.attributes:
            return
        for topic, kept in list(self._retained_messages.items()):
            if self._matches(topic, wanted):
                given = min(qos, kept.qos if kept.qos is not None else QOS_0)
                await handler.mqtt_publish(topic, kept.data, given, retain=True)

    async def _client_message_loop(self, session: Session, handler: BrokerProtocolHandler) -> None:
        session.attributes.pop("returning", None)
        if not session.transitions.is_connected():
            session.transitions.connect()  # the end of the connection that this one took over came in between
        await super()._client_message_loop(session, handler)

    async def _handle_disconnect(
        self, session: Session, handler: BrokerProtocolHandler, waiter: asyncio.Future[object]
    ) -> None:
        if self._get_handler(session) is handler:
            await super()._handle_disconnect(session, handler, waiter)
        else:  # taken over: the session goes on
            await self._stop_handler(handler)


amqtt.broker.BrokerProtocolHandler = Handler  # it has no other way to be told


READY = "listening"
"""Said once it has its port: whoever else answers there is not this broker."""


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
    print(READY, flush=True)
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
