"""Messages that carry passwords: whatever is kept of them holds none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.codecs.base import DecodeError, SecretBearer
from camscan.codecs.outcome import Undecoded
from camscan.codecs.registry import DATAGRAM_CODECS, dispatch_datagram
from camscan.model import Endpoint, Observation
from tests import factories

SAMPLES = Path(__file__).parents[1] / "samples"
PLANTED = (b"planted-password", b"cGxhbnRlZC1wYXNzd29yZA==", b"4780000044", b"41e6123456789abc", b"VSTD000000", b"ABCDE")
"""Passwords and handles of remote access that stand in the samples."""
BEARERS: list[Any] = [codec for codec in DATAGRAM_CODECS if isinstance(codec, SecretBearer)]
REVIEWED = {
    "bosch": "MAC and addresses, or XML whose names are looked at",
    "dahua": "model, addresses and ports at fixed places, and lines of three names",
    "dhcp": "options of a client; no password is among them",
    "dhcpv6": "options of a client; no password is among them",
    "dhip": "JSON whose names are looked at",
    "dlink": "announcements as long as their texts, which are read",
    "dns": "names of hosts, which others cut",
    "foscam": "a body of fixed fields; those of other verbs, with passwords, are not recognised",
    "gvcp": "fields that the standard fixes, all read",
    "kedacom": "fields at fixed places, all known",
    "llmnr": "names of hosts",
    "mndp": "records that the maker names; none is a secret",
    "ntp": "times",
    "panasonic": "records that the search asks for: settings of the network, names and versions",
    "sadp": "XML whose names are looked at, or bytes that nobody can read",
    "sony": "lines whose names are looked at",
    "ssdp": "a head whose names and URLs are looked at",
    "tvt_search": "XML whose names are looked at",
    "vision360": "one line of three names",
    "wsd": "XML whose names and URLs are looked at",
}
"""Codecs that take nothing out themselves, and why `secrets` is enough for what is kept of their messages."""
CASES = [(codec, path) for codec in BEARERS for path in sorted((SAMPLES / codec.NAME).glob("*.bin"))]
each_case = pytest.mark.parametrize(("codec", "path"), CASES, ids=lambda part: getattr(part, "NAME", None) or part.stem)


def taken(codec: Any, payload: bytes) -> Observation | Undecoded | None:
    datagram = factories.datagram(
        payload, src=Endpoint("10.20.0.64", codec.PORTS[0]), dst=Endpoint("10.20.0.1", codec.PORTS[0])
    )
    return dispatch_datagram(datagram, collector="multicast", site="s")


def test_the_codecs_whose_messages_carry_passwords_are_known() -> None:
    assert {"topsee", "vstarcam", "tvt", "hds", "pppp", "xiongmai"} <= {codec.NAME for codec in BEARERS}


def test_every_other_codec_of_datagrams_was_looked_at() -> None:
    assert {codec.NAME for codec in DATAGRAM_CODECS if not isinstance(codec, SecretBearer)} == set(REVIEWED)


def test_each_of_these_protocols_has_a_sample_with_something_to_hide() -> None:
    hidden = {codec.NAME for codec, path in CASES if any(secret in path.read_bytes() for secret in PLANTED)}
    assert {"topsee", "vstarcam", "tvt", "hds", "pppp", "xiongmai"} <= hidden


@each_case
def test_no_password_is_anywhere_in_an_observation(codec: Any, path: Path) -> None:
    seen = taken(codec, path.read_bytes())
    assert isinstance(seen, Observation)
    assert seen.protocol == codec.NAME
    said = "\n".join(value for _, value in seen.fields).encode()
    assert not [secret for secret in PLANTED if secret in seen.raw or secret in said]


@each_case
def test_no_password_is_in_the_sample_of_a_message_that_cannot_be_read(codec: Any, path: Path) -> None:
    raw = path.read_bytes()
    for length in range(1, len(raw)):
        for damaged in (raw[:length], raw[:length] + b"\xff" + raw[length + 1 :]):
            outcome = taken(codec, damaged)
            kept = b"" if outcome is None else outcome.sample if isinstance(outcome, Undecoded) else outcome.raw
            assert not [secret for secret in PLANTED if secret in kept], length


@each_case
def test_what_is_kept_of_a_message_says_the_same_where_it_can_be_read_again(codec: Any, path: Path) -> None:
    raw = path.read_bytes()
    try:
        again = codec.decode(codec.without_secrets(raw))
    except DecodeError:
        return
    assert codec.observe(again) == codec.observe(codec.decode(raw))


@pytest.mark.parametrize("codec", BEARERS, ids=lambda codec: codec.NAME)
@given(raw=st.binary(max_size=400))
def test_taking_secrets_out_never_fails(codec: Any, raw: bytes) -> None:
    assert len(codec.without_secrets(raw)) <= 16 * 1024
