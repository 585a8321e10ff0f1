"""What bad firmware and bad networks put on the wire before the message that counts."""

from __future__ import annotations

BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">'
    b'<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;"><!ENTITY d "&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;">]><a>&d;</a>'
)


def slurred(reply: bytes) -> tuple[bytes, ...]:
    """Return broken copies of a reply: cut in its head, cut in its body, with lengths of all ones, junk, an XML bomb, nothing."""
    lengths = reply[:16] + b"\xff" * 16 + reply[32:]
    return reply[:7], reply[: len(reply) // 2], lengths, bytes(reversed(reply)), BOMB, b""
