"""However the bytes are cut, the same packets come out."""

import socket
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wattwire.broker.pipe import LARGEST, Broken, Pipe, coded, length

# first byte, body: PUBLISH, PUBACK, CONNACK, SUBACK, PINGRESP
packets = st.tuples(st.sampled_from([0x32, 0x40, 0x20, 0x90, 0xD0]), st.binary(max_size=300))


@pytest.fixture
def ends() -> Iterator[tuple[Pipe, socket.socket]]:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    yield Pipe(ours), theirs
    ours.close()
    theirs.close()


@given(st.integers(0, 268_435_455))
def test_a_length_is_read_as_it_was_written(size: int) -> None:
    assert length(coded(size), 0) == (size, len(coded(size)))


@pytest.mark.parametrize(
    ("size", "bytes_"),
    [(0, b"\0"), (127, b"\x7f"), (128, b"\x80\x01"), (16383, b"\xff\x7f"), (268_435_455, b"\xff\xff\xff\x7f")],
)
def test_a_length_is_written_as_the_standard_has_it(size: int, bytes_: bytes) -> None:
    assert coded(size) == bytes_


@given(st.lists(packets, max_size=12), st.lists(st.integers(1, 400), max_size=30))
def test_packets_come_whole_however_they_are_cut(sent: list[tuple[int, bytes]], cuts: list[int]) -> None:
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    pipe, hot, cold = Pipe(ours), [], b""
    wire = b"".join(bytes((first,)) + coded(len(body)) + body for first, body in sent)
    for cut in [*cuts, len(wire)]:
        part, wire = wire[:cut], wire[cut:]
        if part:
            theirs.sendall(part)
            pipe.fill()
        for first, body in pipe.packets():
            if first >> 4 in (3, 4):
                hot.append((first, body))
            while pipe.cold:
                cold += pipe.recv(7)
    ours.close()
    theirs.close()

    assert hot == [(first, body) for first, body in sent if first >> 4 in (3, 4)]
    assert cold == b"".join(
        bytes((first,)) + coded(len(body)) + body for first, body in sent if first >> 4 not in (3, 4)
    )


@pytest.mark.parametrize(
    ("wire", "why"),
    [(b"\x30\xff\xff\xff\xff", "whose length makes no sense"), (b"\x30" + coded(LARGEST + 1), "a packet of 8388609")],
)
def test_what_is_no_packet_ends_the_connection(ends: tuple[Pipe, socket.socket], wire: bytes, why: str) -> None:
    pipe, theirs = ends
    theirs.sendall(wire)
    pipe.fill()

    with pytest.raises(Broken, match=why):
        list(pipe.packets())


def test_what_the_socket_does_not_take_waits(ends: tuple[Pipe, socket.socket]) -> None:
    pipe, theirs = ends
    sent = bytes(range(256)) * 8192
    pipe.send(sent)
    pipe.flush()
    left = len(pipe.out)
    got = bytearray()
    while len(got) < len(sent):
        got += theirs.recv(65536)
        pipe.flush()

    assert (0 < left < len(sent), got == sent, len(pipe.out)) == (True, True, 0)


def test_an_end_is_told_after_what_came_before_it(ends: tuple[Pipe, socket.socket]) -> None:
    pipe, theirs = ends
    theirs.sendall(b"\x40\x02\0\x01")
    theirs.close()
    pipe.fill()
    before = list(pipe.packets())

    assert before == [(0x40, b"\0\x01")]
    with pytest.raises(Broken, match="the broker closed the connection"):
        pipe.fill()
