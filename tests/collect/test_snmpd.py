"""Debian's own SNMP daemon as the other side: versions 2c and 3, accounts that fit and accounts that do not."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from camscan.codecs import ber
from camscan.collect import snmpagent
from camscan.collect.snmp import SYSTEM, Snmp
from camscan.collect.snmpaccess import DEFAULT, Account
from camscan.collect.snmpagent import Agent, SnmpLine
from camscan.collect.snmpv3 import Version3, Version3Refused
from camscan.collect.switches import Switches
from tests.collect.agents import access, agent, host, run
from tests.collect.grounds import fresh_address, ground
from tests.lab.daemons.installed import must_run
from tests.lab.simulators import snmp as simulator

SNMPD = shutil.which("snmpd", path="/usr/sbin:/usr/bin")
IP = fresh_address()
KEYS = {"auth_key": "authauth12", "priv_key": "privpriv12"}
USER: dict[str, Any] = {"user": "auditor", "auth": "sha256", "priv": "aes128", **KEYS}
CONF = f"""
agentaddress udp:{IP}:161
rocommunity lab-read
createUser auditor SHA-256 authauth12 AES privpriv12
createUser reader SHA authauth12
rouser auditor priv
rouser reader auth
sysName monitored
"""


@pytest.fixture(scope="module", autouse=True)
def snmpd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    if SNMPD is None:
        reason = "snmpd is missing: apt-get install --no-install-recommends snmpd"
        pytest.fail(reason) if must_run() else pytest.skip(reason)
    folder = tmp_path_factory.mktemp("snmpd")
    (folder / "snmpd.conf").write_text(CONF)
    daemon = subprocess.Popen(
        [SNMPD, "-f", "-Lf", str(folder / "log"), "-C", "-c", str(folder / "snmpd.conf"), "-I", "-smux"],
        env={**os.environ, "SNMP_PERSISTENT_DIR": str(folder / "state"), "MIBS": ""},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        bound = f"{int.from_bytes(socket.inet_aton(IP), 'little'):08X}:00A1"
        until = time.monotonic() + 20
        while bound not in Path("/proc/net/udp").read_text():
            assert daemon.poll() is None, (folder / "log").read_text()
            assert time.monotonic() < until
            time.sleep(0.05)
        yield
    finally:
        daemon.kill()
        daemon.wait()


ACCOUNTS = {
    "2c": Account(community="lab-read"),
    "3, encrypted": Account(**USER),
    "3, authenticated": Account(user="reader", auth="sha1", auth_key="authauth12"),
}


@pytest.mark.parametrize("name", ACCOUNTS)
def test_the_system_group_is_read(name: str) -> None:
    async def story() -> None:
        here, seen = ground()
        await run(here, Snmp(access(accounts={DEFAULT: ACCOUNTS[name]})), host(IP))
        assert here.tally.unfinished == []
        (one,) = seen
        assert one.values("snmp.sysdescr")[0].startswith("Linux ")
        assert one.values("snmp.sysobjectid") == ("1.3.6.1.4.1.8072.3.2.10",)
        assert one.values("snmp.sysname") == ("monitored",)
        assert bool(one.raw) == (name == "2c")  # what is signed with a key is not kept: the key could be sought in it

    asyncio.run(story())


WRONG = {
    "community": (Account(community="another"), ""),
    "user": (Account(**USER | {"user": "nobody"}), "does not know the user"),
    "authentication key": (Account(**USER | {"auth_key": "authauth13"}), "refused the authentication"),
    "authentication protocol": (Account(**USER | {"auth": "sha512"}), "refused the authentication"),
    "privacy key": (Account(**USER | {"priv_key": "privpriv13"}), ""),
    "level": (Account(user="auditor", auth="sha256", auth_key="authauth12"), ""),
}


@pytest.mark.parametrize("name", WRONG)
def test_an_account_that_does_not_fit_is_tried_once_and_its_keys_stand_nowhere(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snmpagent, "PATIENCE_S", 0.5)
    account, reason = WRONG[name]

    async def story() -> None:
        here, seen = ground()
        await run(here, Snmp(access(accounts={DEFAULT: account})), host(IP))
        assert seen == []
        told = " ".join([*here.tally.unfinished, *here.tally.notes])
        assert reason in told
        assert not any(key in told for key in (*KEYS.values(), "authauth13", "privpriv13"))
        assert here.tally.sent <= 3  # who are you, what is your clock, and the question itself

    asyncio.run(story())


def test_a_long_table_is_walked_alike_in_both_versions() -> None:
    column = ber.of_dotted("1.3.6.1.2.1.1.9.1")

    async def story() -> None:
        here, _ = ground()
        line = SnmpLine(here)
        line.start()
        walks = []
        for account in ACCOUNTS.values():
            speaker = None if account.community else Version3(account)
            walked = await Agent(here, line, IP, account, speaker, infrastructure=True).walk(column)
            assert walked.cut == ""
            walks.append([(name, value) for name, value in walked.rows if name[10] != 4])  # without the time of each row
        line.stop()
        line.close()
        assert len(walks[0]) > 20
        assert walks[0] == walks[1] == walks[2]

    asyncio.run(story())


def test_a_computer_that_is_named_as_a_switch_knows_no_ports_and_says_so() -> None:
    async def story() -> None:
        here, seen = ground()
        await run(here, Switches(access(accounts={DEFAULT: ACCOUNTS["3, encrypted"]}, switches=(IP,))), host("127.0.0.9"))
        assert seen == []
        assert here.tally.unfinished == []
        assert here.tally.notes == [f"switch monitored ({IP}): 0 MACs learned"]

    asyncio.run(story())


def relay(raw: bytes) -> bytes:
    """Return what the daemon answers to a message."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.settimeout(2)
        sock.sendto(raw, (IP, 161))
        return sock.recv(65_535)


@pytest.mark.parametrize("damage", ["flipped", "cut", "noise", "nested", "plain"])
def test_a_damaged_answer_of_version_3_is_no_answer(damage: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snmpagent, "PATIENCE_S", 0.3)
    count = 0

    def answer(raw: bytes) -> bytes:
        nonlocal count
        count += 1
        said = relay(raw)
        if count == 1:  # the first tells who it is
            return said
        return {
            "flipped": said[:-3] + bytes([said[-3] ^ 1]) + said[-2:],
            "cut": said[: len(said) // 2],
            "noise": bytes(range(256)) * 8,
            "nested": b"\x30\x82\x0f\xa0" * 1000,
            "plain": raw,
        }[damage]

    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        async with agent(ip, answer) as heard:
            await run(here, Snmp(access(accounts={DEFAULT: Account(**USER)})), host(ip))
        assert seen == []
        assert len(heard) <= 3
        assert here.tally.sample == b""

    asyncio.run(story())


def unsigned(raw: bytes) -> bytes:
    """Return an answer to a signed question that is itself not signed."""
    _, message = simulator.split(raw)[0]
    _, (_, head), (_, parameters), (_, scoped) = simulator.split(message)
    (_, identifier), *_ = simulator.split(head)
    (_, engine), (_, boots), (_, clock), (_, user), *_ = simulator.split(simulator.split(parameters)[0][1])
    _, _, (_, pdu) = simulator.split(scoped)
    (_, request), *_ = simulator.split(pdu)
    binding = simulator.tlv(0x30, simulator.oid(SYSTEM[0]) + simulator.octets(b"forged"))
    said = simulator.tlv(0x02, request) + simulator.number(0) * 2 + simulator.tlv(0x30, binding)
    fields = simulator.octets(engine) + simulator.tlv(0x02, boots) + simulator.tlv(0x02, clock) + simulator.octets(user)
    return simulator.tlv(
        0x30,
        simulator.number(3)
        + simulator.tlv(
            0x30, simulator.tlv(0x02, identifier) + simulator.number(65_507) + simulator.octets(b"\0") + simulator.number(3)
        )
        + simulator.octets(simulator.tlv(0x30, fields + simulator.octets(b"") * 2))
        + simulator.tlv(0x30, simulator.octets(engine) + simulator.octets(b"") + simulator.tlv(0xA2, said)),
    )


def test_an_answer_that_is_not_signed_is_not_believed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snmpagent, "PATIENCE_S", 0.3)
    answers: list[bytes] = []

    def answer(raw: bytes) -> bytes:
        answers.append(relay(raw) if not answers else unsigned(raw))
        return answers[-1]

    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        async with agent(ip, answer):
            await run(here, Snmp(access(accounts={DEFAULT: ACCOUNTS["3, authenticated"]})), host(ip))
        assert len(answers) == 2
        assert b"forged" in answers[1]
        assert seen == []

    asyncio.run(story())


def test_an_agent_that_tells_its_clock_anew_each_time_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(snmpagent, "PATIENCE_S", 0.3)

    async def story() -> None:
        ip = fresh_address()
        here, seen = ground()
        stories: list[bytes] = []

        def answer(raw: bytes) -> bytes:
            stories.append(raw)
            return relay(stories[0])

        async with agent(ip, answer) as heard:
            await run(here, Snmp(access(accounts={DEFAULT: Account(**USER)})), host(ip))
        assert seen == []
        assert len(heard) <= 3

    asyncio.run(story())


def test_keys_that_cannot_be_used_are_refused_without_being_told() -> None:
    with pytest.raises(Version3Refused) as fault:
        Version3(Account(user="x" * 40, auth="sha256", auth_key="authauth12", priv="aes128", priv_key="privpriv12"))
    assert "authauth12" not in str(fault.value)


def test_nothing_but_get_and_get_bulk_can_be_asked() -> None:
    speaker = Version3(Account(**USER))
    with pytest.raises(StopIteration):
        speaker.question(IP, ber.write(0xA3, b""))
    assert SYSTEM[0] == (1, 3, 6, 1, 2, 1, 1, 1, 0)
