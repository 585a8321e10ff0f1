"""RTSP answers to OPTIONS and to DESCRIBE without credentials: server name, verbs, realm, and a stream's description.

Source: RFC 2326 §10.1, §10.2; RFC 4566 for the description. Status: documented. OPTIONS alone often carries no realm, so
both are asked in one connection; neither touches a login counter.
"""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs import head as heads
from camscan.codecs.base import DecodeError, fields, text
from camscan.model import MAX_VALUE, Fields, StreamHead

NAME = "rtsp"
PORTS: tuple[int, ...] = (554, 8554)

MAX_ANSWERS = 4
"""Answers read of one connection."""
MAX_REQUESTS = 8
"""Requests of one client that are looked at."""
MAX_DESCRIPTION = MAX_VALUE
"""Bytes of a body that are kept."""
_SPELLINGS = {"Cseq": "cseq-capitalised", "cseq": "cseq-lower", "CSEQ": "cseq-upper"}
"""Quirk of each way to write CSeq other than the standard's; some firmware families keep to one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One response."""

    status: int
    head: heads.Head
    challenges: tuple[tuple[str, str | None], ...]
    """(scheme, realm) of each challenge."""
    description: bytes
    """The SDP of a 200, ≤ MAX_DESCRIPTION bytes; empty where there is none."""
    quirks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """Every response that the server's first bytes hold, in order; at least one."""

    answers: tuple[Answer, ...]


def greetings(host: str, user_agent: str) -> tuple[bytes, ...]:
    """Return OPTIONS and DESCRIBE. host: the authority of the URL, with brackets and port where it needs them."""
    return (
        _request("OPTIONS", host, 1, f"User-Agent: {user_agent}"),
        _request("DESCRIBE", host, 2, f"User-Agent: {user_agent}", "Accept: application/sdp"),
    )


def complete(buffer: bytes) -> bool:
    """Return whether the buffer holds one whole answer, or one of another protocol."""
    lead = buffer.lstrip(b"\r\n")
    if not lead or (len(lead) < 5 and b"RTSP/".startswith(lead.upper())):
        return False
    if lead[:5].upper() not in (b"RTSP/", b"HTTP/"):
        return True
    body_at = heads.complete_head(lead)
    if body_at is None:
        return False
    try:
        head = heads.parse(lead[:body_at])
    except DecodeError:
        return True
    wanted = heads.content_length(head)
    if wanted is None and _describes(head):
        return len(lead) > body_at and lead.endswith(b"\n")
    return len(lead) - body_at >= min(wanted or 0, MAX_DESCRIPTION)


def recognise(head: StreamHead) -> bool:
    """Return whether the server's first bytes are a status line of RTSP."""
    return head.received[:64].lstrip(b"\r\n \t")[:5].upper() == b"RTSP/"


def decode(head: StreamHead) -> Answers:
    """Return the answers. Raises DecodeError where the first is none of RTSP; what follows the last is left aside."""
    answers: list[Answer] = []
    rest = head.received.lstrip(b"\r\n \t")
    while len(answers) < MAX_ANSWERS and rest[:5].upper() == b"RTSP/":
        parsed = heads.parse(rest)
        if parsed.status is None:
            break
        length = _body_length(parsed)
        answers.append(_answer(parsed, parsed.body[:length]))
        rest = parsed.body[length:].lstrip(b"\r\n \t")
    if not answers:
        raise DecodeError("no response of RTSP")
    return Answers(answers=tuple(answers))


def observe(message: Answers) -> Fields:
    """Return the union of what all answers say."""
    found: list[tuple[str, str | None]] = []
    for answer in message.answers:
        found.append(("rtsp.status", str(answer.status)))
        found.extend(("rtsp.server", value) for value in answer.head.all("server")[:4])
        found.extend(("rtsp.public", value) for value in answer.head.all("public")[:4])
        found.extend(("rtsp.auth.scheme", scheme.lower()) for scheme, _ in answer.challenges)
        found.extend(("rtsp.auth.realm", realm) for _, realm in answer.challenges)
        found.append(("rtsp.sdp", text(answer.description)))
        found.extend(("rtsp.quirk", quirk) for quirk in answer.quirks)
    return fields(*found)


def observe_client(sent: bytes) -> Fields:
    """Return who asks for a stream; empty for requests of camscan, whoever runs it."""
    return fields(
        *(("rtsp.user_agent", asked.get("user-agent")) for asked in heads.requests_of_others(sent, "RTSP/", MAX_REQUESTS))
    )


def _request(verb: str, host: str, number: int, *further: str) -> bytes:
    lines = (f"{verb} rtsp://{host}/ RTSP/1.0", f"CSeq: {number}", *further, "")
    return "".join(f"{line}\r\n" for line in lines).encode("latin-1", "replace")


def _describes(parsed: heads.Head) -> bool:
    return parsed.status == 200 and (parsed.get("content-type") or "").lower().startswith("application/sdp")


def _body_length(parsed: heads.Head) -> int:
    """Return the stated length; where a description comes without one, the bytes up to the next answer."""
    length = heads.content_length(parsed)
    if length is not None or not _describes(parsed):
        return length or 0
    following = parsed.body.find(b"\nRTSP/")
    return len(parsed.body) if following < 0 else following + 1


def _answer(parsed: heads.Head, body: bytes) -> Answer:
    challenges = tuple(pair for value in parsed.all("www-authenticate")[:4] for pair in heads.challenge(value))
    described = _describes(parsed) or (parsed.status == 200 and body[:2] == b"v=")
    return Answer(
        status=parsed.status or 0,
        head=parsed,
        challenges=challenges,
        description=body[:MAX_DESCRIPTION] if described else b"",
        quirks=tuple(sorted({*parsed.quirks, *_sequence_quirks(parsed)})),
    )


def _sequence_quirks(parsed: heads.Head) -> set[str]:
    named = next(((name, value) for name, value in parsed.fields if name.lower() == "cseq"), None)
    if named is None:
        return {"cseq-absent"}
    name, value = named
    quirks = {_SPELLINGS[name]} if name in _SPELLINGS else set()
    if not value.isascii() or not value.isdigit():
        quirks.add("cseq-not-a-number")
    return quirks
