"""A wish where there are several devices: it is for one of them."""

import pytest
from kraken_talk import TOKEN, Talk, car, cars, error, suspending

from wattwire.nodes import Json
from wattwire.nodes.kraken_errands import Ask


def test_of_several_devices_one_must_be_named() -> None:
    talk = Talk()
    talk.say("suspend", Ask())

    assert talk.hear(cars(car("a"), car("b"))) == ["refused"]
    assert talk.why == "suspend smart charging: say which device: the a (a), the b (b)"


@pytest.mark.parametrize(
    ("said", "setting", "written"),
    [("b", None, "b"), ("the b", None, "b"), (None, "b", "b"), ("a", "b", "a"), ("c", None, None)],
)
def test_a_message_names_the_device_else_the_settings_do(
    said: str | None, setting: str | None, written: str | None
) -> None:
    talk = Talk(device=setting)
    talk.say("suspend", Ask(device=said))
    sent = talk.hear(cars(car("a"), car("b")))

    assert talk.tags[1:] == ([f"write {written}"] if written else [])
    assert sent == ([] if written else ["refused"])


def test_each_device_has_its_own_wish() -> None:
    talk = Talk(token=None)
    talk.say("suspend", Ask(device="a"))
    talk.say("resume", Ask(device="b"))
    talk.token = TOKEN
    talk.say("look")
    talk.hear(cars(car("a"), car("b")))
    talk.hear({"data": {"updateDeviceSmartControl": {"id": "a"}}})
    talk.say("look")
    sent = talk.hear(cars(car("a", isSuspended=True), car("b")))

    assert sent == ["confirmed"]
    assert talk.tags == ["read", "write a", "read", "write b"]


def test_a_wish_for_another_device_goes_on_when_one_is_refused() -> None:
    talk = Talk(token=None)
    talk.say("suspend", Ask(device="a"))
    talk.say("suspend", Ask(device="b"))
    talk.token = TOKEN
    talk.say("look")
    talk.hear(cars(car("a"), car("b")))

    assert talk.hear(error("KT-CT-1113")) == ["refused", "pending"]  # and so a further look
    talk.say("look")
    talk.hear(cars(car("a"), car("b")))
    assert talk.tags == ["read", "write a", "read", "write b"]


def test_a_device_that_was_registered_anew_is_found_by_the_next_look() -> None:
    talk = suspending()
    gone = talk.hear(error("KT-CT-4313"))
    talk.say("look")
    talk.hear(cars(car("car-2")))

    assert gone == ["gone"]
    assert talk.tags[-1] == "write car-2"


@pytest.mark.parametrize(("code", "port"), [("1124", "unauthorised"), ("4123", "refused"), ("4360", "failed")])
def test_the_status_of_one_device_that_takes_the_whole_list_with_it_is_told_by_its_code(code: str, port: str) -> None:
    extensions: Json = {"errorCode": f"KT-CT-{code}"}
    wrong: Json = {"message": "no", "path": ["devices", 0, "status"], "extensions": extensions}
    talk = Talk()
    talk.say("suspend", Ask())

    assert talk.hear({"errors": [wrong], "data": {"devices": None}}) == [port]
    assert talk.tags == ["read"]
