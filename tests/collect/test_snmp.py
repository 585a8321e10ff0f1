"""Devices asked by SNMP: once, with what the operator gave, and whatever they answer."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.codecs import snmpquery
from camscan.codecs.base import DecodeError
from camscan.codecs.snmpquery import Answer
from camscan.collect import snmpagent
from camscan.collect.base import NotAsked
from camscan.collect.snmp import SYSTEM, Snmp
from camscan.collect.snmpaccess import Account, SnmpAccess
from camscan.collect.snmpv3 import Version3, Version3Refused
from camscan.model import Confidence, Identification
from tests import factories
from tests.collect.agents import COMMUNITY, MINE, access, agent, host, run
from tests.collect.grounds import fresh_address, ground
from tests.lab.simulators import snmp as simulator

TREE = "1.3.6.1.4.1.39165.1"
CAMERA = simulator.Snmp(
    community=COMMUNITY,
    objects={
        **simulator.system("Embedded Net Camera", TREE, "IP CAMERA"),
        (*simulator.dotted(TREE), 1, 0): simulator.octets(b"DS-2CD2143G2-I"),
        (*simulator.dotted(TREE), 3, 0): simulator.octets(b"V5.5.0 build 170725"),
        (*simulator.dotted(TREE), 4, 0): simulator.octets(bytes.fromhex("4419b6100011")),
    },
)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snmpagent, "PATIENCE_S", 0.3)


def test_a_device_is_asked_for_its_system_group_and_then_for_its_makers_own_tree() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        async with agent(ip, CAMERA.answer) as heard:
            await run(here, Snmp(access()), host(ip))
        assert [one.fields for one in seen] == [
            (("snmp.sysdescr", "Embedded Net Camera"), ("snmp.sysname", "IP CAMERA"), ("snmp.sysobjectid", TREE)),
            (
                ("snmp.mac", "44:19:b6:10:00:11"),
                ("snmp.private", f"{TREE}.1.0=DS-2CD2143G2-I"),
                ("snmp.private", f"{TREE}.3.0=V5.5.0 build 170725"),
                ("snmp.private", f"{TREE}.4.0=44:19:b6:10:00:11"),
            ),
        ]
        assert {(one.ip, one.port, one.protocol, one.link_mac) for one in seen} == {(ip, 161, "snmp", factories.CAMERA_MAC)}
        assert [simulator.question(raw).kind for raw in heard] == [simulator.GET, simulator.GET]
        assert not any(COMMUNITY.encode() in one.raw for one in seen)
        assert all(one.raw for one in seen)
        assert (here.tally.sent, here.tally.received, here.tally.unfinished, here.tally.notes) == (2, 2, [], [])

    asyncio.run(story())


def test_a_device_of_another_maker_is_asked_once() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        other = simulator.Snmp(
            community=COMMUNITY,
            objects=simulator.system("; AXIS Q1656; Box Camera; 10.12.240; x; 900; 1", "1.3.6.1.4.1.368.1", "a"),
        )
        async with agent(ip, other.answer) as heard:
            await run(here, Snmp(access()), host(ip))
        assert len(heard) == 1
        assert [one.values("snmp.sysobjectid") for one in seen] == [("1.3.6.1.4.1.368.1",)]

    asyncio.run(story())


def test_a_device_that_does_not_answer_is_left_alone_after_one_question() -> None:
    async def story() -> None:
        ip, other = fresh_address(), fresh_address()
        here, seen = ground()
        async with agent(ip, lambda raw: None) as heard, agent(other, CAMERA.answer):
            await run(here, Snmp(access()), host(ip), host(other))
        assert len(heard) == 1
        assert {one.ip for one in seen} == {other}
        assert here.tally.unfinished == []
        (note,) = here.tally.notes
        assert note.startswith("1 of 2 devices asked by SNMP did not answer")

    asyncio.run(story())


def test_without_an_account_nobody_is_asked() -> None:
    async def story() -> None:
        with pytest.raises(NotAsked, match="--credentials"):
            Snmp().open(ground()[0])
        ip = fresh_address()
        here, seen = ground()
        async with agent(ip, CAMERA.answer) as heard:
            await run(here, Snmp(SnmpAccess(accounts={"192.0.2.1": Account(community="x")})), host(ip))
        assert (heard, seen) == ([], [])

    asyncio.run(story())


def test_excluded_devices_and_addresses_outside_the_scope_are_not_asked() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground(exclude=(factories.CAMERA_MAC,))
        async with agent(ip, CAMERA.answer) as heard:
            await run(here, Snmp(access()), host(ip), host("192.0.2.9", mac=None))
        assert (heard, seen, here.tally.sent) == ([], [], 0)

    asyncio.run(story())


@pytest.mark.parametrize("known", ["enough", "something else"])
def test_a_community_is_not_shown_to_whom_it_could_tell_nothing_new_about(known: str) -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        if known == "enough":
            here.enough = lambda host, seen: True
        else:
            here.identify = lambda host, seen: Identification(kind="other", kind_confidence=Confidence.FIRM)
        async with agent(ip, CAMERA.answer) as heard:
            await run(here, Snmp(access()), host(ip))
        assert (heard, seen) == ([], [])

    asyncio.run(story())


def with_another_request_id(raw: bytes) -> bytes:
    asked = simulator.question(raw)
    return simulator.response(asked, [(asked.names[0], simulator.octets(b"forged"))], request_id=b"\x01\x02")


BAD_ANSWERS = {
    "nothing": lambda raw: b"",
    "noise": lambda raw: b"\x30\x80\x02\x01\x01",
    "cut": lambda raw: (CAMERA.answer(raw) or b"")[:40],
    "the question itself": lambda raw: raw,
    "another request": with_another_request_id,
    "a megabyte that never was": lambda raw: b"\x30\x84\x00\x10\x00\x00\x02\x01\x01",
    "many": lambda raw: [b"\x30\x03\x02\x01\x01"] * 200,
    "nested": lambda raw: b"\x30\x82\x0f\xa0" * 1000,
}


@pytest.mark.parametrize("name", BAD_ANSWERS)
def test_a_bad_answer_is_no_answer_and_the_next_device_is_asked(name: str) -> None:
    async def story() -> None:
        ip, other = fresh_address(), fresh_address()
        here, seen = ground()
        async with agent(ip, BAD_ANSWERS[name]) as heard, agent(other, CAMERA.answer):
            await run(here, Snmp(access()), host(ip), host(other))
        assert len(heard) == 1
        assert {one.ip for one in seen} == {other}
        assert COMMUNITY.encode() not in here.tally.sample

    asyncio.run(story())


def test_an_answer_of_another_address_or_port_is_not_taken() -> None:
    async def story() -> None:
        ip, liar = fresh_address(), fresh_address()
        here, seen = ground()
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=(liar, 161))
        collector = Snmp(access())
        collector.open(here)
        assert collector._line is not None
        port = collector._line._sockets[False].port

        def forward(raw: bytes) -> None:
            transport.sendto(CAMERA.answer(raw) or b"", ("127.0.0.1", port))

        async with agent(ip, forward):
            await collector.run(here, [host(ip)])
        collector.close()
        transport.close()
        await asyncio.sleep(0)
        assert seen == []

    asyncio.run(story())


def test_values_that_are_too_long_are_cut_and_text_stays_text() -> None:
    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        long = simulator.Snmp(community=COMMUNITY, objects=simulator.system("x" * 12_000, "1.3.6.1.4.1.9", "\x1b[2J"))
        async with agent(ip, long.answer):
            await run(here, Snmp(access()), host(ip))
        (one,) = seen
        assert len(one.values("snmp.sysdescr")[0]) == 8 * 1024
        assert one.values("snmp.sysname") == ("\x1b[2J",)

    asyncio.run(story())


def test_accounts_are_never_printed() -> None:
    account = Account(user="auditor", auth="sha256", auth_key="authauth12", priv="aes128", priv_key="privpriv12")
    shown = f"{account!r} {MINE!r} {access()!r}"
    assert not any(secret in shown for secret in ("authauth12", "privpriv12", COMMUNITY))
    assert account.masked("wrong key authauth12") == "wrong key ***"


SPEAKER = Version3(Account(user="auditor", auth="sha256", auth_key="authauth12", priv="aes128", priv_key="privpriv12"))
FIRST = SPEAKER.question("192.0.2.64", snmpquery.get(1, SYSTEM))


@given(raw=st.binary(max_size=300), at=st.integers(0, 500), damaged=st.booleans())
def test_any_bytes_of_version_3_are_no_answer_and_never_a_fault(raw: bytes, at: int, damaged: bool) -> None:
    place = at % len(FIRST)
    payload = FIRST[:place] + raw[:8] + FIRST[place + len(raw[:8]) :] if damaged else raw
    try:
        assert not isinstance(SPEAKER.reply("192.0.2.64", payload), Answer)
    except (DecodeError, Version3Refused):
        return
