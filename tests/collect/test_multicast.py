"""What is made of the datagrams that come back: one that a codec trips over costs itself and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from camscan.codecs import sadp
from camscan.collect.base import Ground, Tally
from camscan.collect.gathered import outcome
from camscan.collect.multicast import receive
from camscan.collect.sockets import UdpSocket
from camscan.model import AttemptReason, AttemptStatus, Datagram, Observation
from tests.collect.grounds import fresh_address, ground

SADP = Path(__file__).parents[1] / "samples" / "sadp"
ANSWER = sorted(SADP.glob("*.bin"))[0].read_bytes()
POISON = b"\x32\x04 poison that says password=planted-secret"


@contextlib.contextmanager
def listening(here: Ground, port: int = 0) -> Iterator[tuple[UdpSocket, socket.socket]]:
    """Give a socket of the net, and that of a device which speaks from the port of SADP."""
    sock = here.net.udp_socket(None, port)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as device:
        device.bind((fresh_address(), 37020))
        try:
            yield sock, device
        finally:
            sock.close()


def read(sock: UdpSocket, here: Ground) -> None:
    receive(sock, here, "multicast", lambda ip: None)


def test_a_fault_in_a_codec_is_told_once_and_the_other_datagrams_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    sound = sadp.recognise

    def faulty(datagram: Datagram) -> bool:
        if datagram.payload == POISON:
            raise IndexError(f"while reading {datagram}")
        return sound(datagram)

    monkeypatch.setattr(sadp, "recognise", faulty)  # none of ours is known to have a fault

    async def story() -> tuple[Tally, list[Observation]]:
        here, emitted = ground()
        with listening(here) as (sock, device):
            for payload in (POISON, POISON, ANSWER, POISON):
                device.sendto(payload, ("127.0.0.1", sock.port))
            read(sock, here)
        return here.tally, emitted

    tally, emitted = asyncio.run(story())
    assert [seen.protocol for seen in emitted] == ["sadp"]
    assert (tally.received, tally.undecoded) == (1, 3)
    status, reason, detail = outcome(tally)
    assert (status, reason) == (AttemptStatus.PARTIAL, AttemptReason.BUG)
    assert detail.count("IndexError (test_multicast.py:") == 1
    assert "planted-secret" not in detail + tally.sample.decode("latin-1")


@pytest.mark.parametrize(("port", "said"), [(0, ["sadp"]), (51820, [])])
def test_an_unreadable_answer_is_read_at_the_port_that_asked_and_at_no_other_one(port: int, said: list[str]) -> None:
    async def story() -> list[Observation]:
        here, emitted = ground()
        with listening(here, port) as (sock, device):
            device.sendto(bytes(range(0x80, 0x100)), ("127.0.0.1", sock.port))
            read(sock, here)
        return emitted

    assert [seen.protocol for seen in asyncio.run(story())] == said


def test_different_faults_are_told_up_to_a_bound() -> None:
    tally = Tally()
    for number in range(50):
        try:
            exec(compile("\n" * number + "1 / 0", "codec.py", "exec"))  # a fault at as many places
        except ZeroDivisionError as fault:
            tally.outlived(fault)
    assert (tally.undecoded, len(tally.faults)) == (50, 8)
