"""One hop as most people would write it, with stock paho: python -m tests.bench.plain_hop URL FROM TO."""

import json
import sys
from urllib.parse import urlsplit

from paho.mqtt.client import Client, MQTTMessage
from paho.mqtt.enums import CallbackAPIVersion


def main(url: str, source: str, target: str) -> None:
    at = urlsplit(url)
    client = Client(CallbackAPIVersion.VERSION2, transport="unix" if at.scheme == "unix" else "tcp")

    def on_connect(*_: object) -> None:
        client.subscribe(source, qos=1)

    def on_message(_client: Client, _data: object, message: MQTTMessage) -> None:
        client.publish(target, json.dumps(json.loads(message.payload)), qos=1)

    client.on_connect, client.on_message = on_connect, on_message
    client.max_inflight_messages_set(2000)
    client.connect(at.path if at.scheme == "unix" else at.hostname or "", at.port or 1883)
    client.loop_forever()


if __name__ == "__main__":
    main(*sys.argv[1:])
