"""What MQTT takes for a topic, for a filter, and for a broker's address. A ValueError says what is wrong."""

from . import without_login


def check_filter(topic: str) -> None:
    _check(topic)
    levels = topic.split("/")
    if any("+" in level and level != "+" for level in levels) or any("#" in level for level in levels[:-1]):
        raise ValueError(f"topic {topic}: + stands for one whole level, # for all that follow, at the end")
    if "#" in levels[-1] and levels[-1] != "#":
        raise ValueError(f"topic {topic}: # stands alone in the last level")


def check_topic(topic: str) -> None:
    _check(topic)
    if "+" in topic or "#" in topic:
        raise ValueError(f"topic {topic}: + and # are for listening; a message goes to one topic")


def check_url(url: str) -> None:
    if not url.startswith(("mqtt://", "mqtts://")) or not url.partition("//")[2]:
        raise ValueError(f"url {without_login(url)}: a broker's address is mqtt://host:1883 or mqtts://host:8883")


def _check(topic: str) -> None:
    if not topic or "\0" in topic or len(topic.encode()) > 65_535:
        raise ValueError("topic must have between 1 and 65,535 bytes, none of them 0")
