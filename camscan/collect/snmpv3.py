"""SNMP version 3 by pysnmp: its message processing and its security model; bytes go in and out, and nothing else of it is used.

It opens no socket, reads no MIB file and writes none. Its errors are put in words of ours: its own texts may hold keys.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from camscan.codecs.base import DecodeError
from camscan.codecs.snmpquery import MAX_ANSWER, Answer, answer
from camscan.errors import CamscanError

if TYPE_CHECKING:
    from camscan.collect.snmpaccess import Account

AUTH_PROTOCOLS = {
    "md5": "USM_AUTH_HMAC96_MD5",
    "sha1": "USM_AUTH_HMAC96_SHA",
    "sha224": "USM_AUTH_HMAC128_SHA224",
    "sha256": "USM_AUTH_HMAC192_SHA256",
    "sha384": "USM_AUTH_HMAC256_SHA384",
    "sha512": "USM_AUTH_HMAC384_SHA512",
}
"""Names of RFC 3414 and RFC 7860 → those of pysnmp."""
PRIV_PROTOCOLS = {
    "aes128": "USM_PRIV_CFB128_AES",
    "aes192": "USM_PRIV_CFB192_AES_BLUMENTHAL",
    "aes256": "USM_PRIV_CFB256_AES_BLUMENTHAL",
    "aes192-cisco": "USM_PRIV_CFB192_AES",
    "aes256-cisco": "USM_PRIV_CFB256_AES",
}
"""AES of RFC 3826, its longer keys as most agents make them, and as Cisco does. DES is left out: its keys can be tried out."""
_VERSION, _MODEL = 3, 3
_AUTHENTICATED, _ENCRYPTED = 2, 3
"""Security levels authNoPriv and authPriv."""
_FAULTS = {
    "UnknownUserName": "the agent does not know the user",
    "WrongDigest": "the agent refused the authentication: protocol or key is another",
    "AuthenticationFailure": "the answer is not authenticated by the key given",
    "UnsupportedSecurityLevel": "the agent does not offer this level of security to the user",
    "DecryptionError": "the agent could not decrypt the question: privacy protocol or key is another",
}
_ONCE_MORE = frozenset({"UnknownEngineID", "NotInTimeWindow"})
"""What an agent says to a first question, together with what the second needs."""


class Version3Refused(CamscanError):  # noqa: N818  (the agent's answer, which is a result)
    """The agent, or what it answers, shows that the account does not fit."""


@dataclass(frozen=True, slots=True)
class AskAgain:
    """The agent told what it needs to know of its clock and name: the same question once more."""


class Version3:
    """One user's questions to any number of agents."""

    def __init__(self, account: Account) -> None:
        """Raise ImportError without pysnmp, Version3Refused for keys that the protocols do not take."""
        from pysnmp.carrier.base import AbstractTransportDispatcher  # type: ignore[import-untyped]
        from pysnmp.entity import config  # type: ignore[import-untyped]
        from pysnmp.entity.engine import SnmpEngine  # type: ignore[import-untyped]
        from pysnmp.proto.rfc1902 import OctetString  # type: ignore[import-untyped]

        class Outbox(AbstractTransportDispatcher):  # type: ignore[misc]
            """Keeps what would be sent."""

            def __init__(self) -> None:
                super().__init__()
                self.waiting: list[bytes] = []

            def send_message(self, outgoing: Any, domain: Any, address: Any) -> None:
                self.waiting.append(bytes(outgoing))

        self._domain = config.SNMP_UDP_DOMAIN
        self._level = _ENCRYPTED if account.priv else _AUTHENTICATED
        self._user = OctetString(account.user.encode())
        self._no_context = OctetString(b"")
        self._outbox = Outbox()
        self._engine = SnmpEngine(maxMessageSize=MAX_ANSWER)
        self._engine.register_transport_dispatcher(self._outbox)
        self._outcome: tuple[Any, Any, Any] | None = None
        keys: dict[str, Any] = {}
        if account.priv:
            keys = {"privProtocol": getattr(config, PRIV_PROTOCOLS[account.priv]), "privKey": account.priv_key.encode()}
        try:
            config.add_v3_user(
                self._engine,
                account.user,
                authProtocol=getattr(config, AUTH_PROTOCOLS[account.auth]),
                authKey=account.auth_key.encode(),
                **keys,
            )
        except Exception:  # pysnmp promises no one kind of error for an account that it cannot use
            raise Version3Refused("the user, its protocols or keys cannot be used for version 3") from None

    def question(self, ip: str, pdu: bytes) -> bytes:
        """Return the message that carries a PDU of ours; to an agent not met before, the question who it is. Raises Version3Refused."""
        from pyasn1.codec.ber import decoder  # type: ignore[import-untyped]
        from pysnmp.proto.rfc1905 import GetBulkRequestPDU, GetRequestPDU  # type: ignore[import-untyped]

        kinds = (GetRequestPDU(), GetBulkRequestPDU())
        asked = next(kind for kind in kinds if bytes([pdu[0]]) == _tag_of(kind))
        self._outbox.waiting.clear()
        try:
            made, _ = decoder.decode(pdu, asn1Spec=asked)
            self._engine.message_dispatcher.send_pdu(
                self._engine, self._domain, (ip, 161), _VERSION, _MODEL, self._user, self._level, None, self._no_context,
                1, made, True, 0, self._take, None,
            )  # fmt: skip
        except Exception as fault:  # pysnmp promises no one kind of error here either
            raise Version3Refused(_in_words(fault)) from None
        return self._outbox.waiting.pop()

    def reply(self, ip: str, payload: bytes) -> Answer | AskAgain | None:
        """Return what an agent answers; None for what is no answer to a question of ours. Raises Version3Refused, DecodeError."""
        if len(payload) > MAX_ANSWER:
            raise DecodeError("an answer that is too long")
        self._outcome = None
        try:
            self._engine.message_dispatcher.receive_message(self._engine, self._domain, (ip, 161), payload)
        except Exception:  # the library reads bytes of a device, and may raise anything over them
            raise DecodeError("not a message of version 3") from None
        finally:
            self._outbox.waiting.clear()  # what it would say to questions of theirs is not sent
        outcome: Any = self._outcome
        if outcome is None:
            return None
        pdu, level, status = outcome
        if status:
            fault = type(status.get("errorIndication")).__name__
            if fault in _ONCE_MORE:
                return AskAgain()
            raise Version3Refused(_FAULTS.get(fault, "the agent refused the question"))
        if level is None or int(level) < self._level:
            raise Version3Refused("the answer is less secure than the question")
        from pyasn1.codec.ber import encoder

        return answer(encoder.encode(pdu))

    def _take(self, *told: Any) -> None:
        """Keep what the dispatcher tells of one question: PDU, level of security and status of its twelve values."""
        _, _, _, _, level, _, _, _, pdu, status, _, _ = told
        self._outcome = (pdu, level, status)


def _tag_of(kind: Any) -> bytes:
    """Return the tag with which a PDU of a kind begins."""
    tag = kind.tagSet[-1]
    return bytes([tag.tagClass | tag.tagFormat | tag.tagId])


def _in_words(fault: Exception) -> str:
    indication = fault.get("errorIndication") if hasattr(fault, "get") else None
    return _FAULTS.get(type(indication).__name__, "no question of version 3 could be made")
