"""Identity reads: single requests that a maker's devices answer without a login, and what must be known before one is sent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import unquote

from camscan.identify.match import holds
from camscan.identify.rules import Condition
from camscan.model import Confidence, Fields, Identification

NEVER = (
    "auth=ywrtaw46mtek",
    "/current_config",
    "/web_caps",
    "main-cgi",
    "self.key",
    "device.rsp",
    "record/download",
    "factory",
    "getuser",
    "picturecatch",
    "jpegstream",
    "/proc/",
    "../",
    "//",
    "passw",
    "login",
    "action=set",
    "reboot",
    "reset",
    "upgrade",
    "backup",
    "delete",
    "erase",
    "poweroff",
    "restart",
    "restore",
    "setdefault",
    "shutdown",
    "snapshot",
)
"""Parts of requests that give away credentials or pictures, let somebody in without any, or change a device: no read holds one."""
TOLD = ("maker", "model", "firmware")
"""What a read is worth a request for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One request."""

    id: str
    makers: tuple[str, ...]
    """Slugs: it is never sent to a device of another maker."""
    when: tuple[Condition, ...] = ()
    """One of them must hold in a message of the device. Without any, more than its MAC must name one of the makers."""
    method: str
    path: str
    body: str = ""
    content_type: str = ""
    tells: tuple[str, ...]
    """Those of TOLD that its answer holds."""


def suits(read: Read, found: Identification, messages: Sequence[Fields]) -> bool:
    """Return whether a read may be sent to a device, and can tell what is not known of it yet."""
    if found.kind in ("software", "other") or (found.maker is not None and found.maker not in read.makers):
        return False
    if not set(read.tells) & missing(found):
        return False
    if read.when:
        return any(holds(condition, said) is not None for said in messages for condition in read.when)
    return named(found, read.makers)


def missing(found: Identification) -> set[str]:
    """Return which of TOLD are not known, a maker also where its evidence is weak."""
    weak = found.confidence in (None, Confidence.TENTATIVE)
    return {name for name in TOLD if getattr(found, name) is None or (name == "maker" and weak)}


def named(found: Identification, makers: Sequence[str]) -> bool:
    """Return whether evidence beyond the registry of MAC addresses names one of the makers."""
    claims = {(name, slug) for name in ("brand", "maker") for slug in makers}
    return any(claims & set(evidence.says) and evidence.witness != "oui" for evidence in found.evidence)


def refused(path: str, body: str) -> str | None:
    """Return the part of a request for which it must not be sent; None where there is none."""
    asked = f"{unquote(path)}\n{body}".lower()
    return next((part for part in NEVER if part in asked), None)


def message(method: str, path: str, host: str, user_agent: str, body: bytes = b"", content_type: str = "") -> bytes:
    """Return a request as it travels. host: the authority of the URL, with brackets and port where it needs them."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"User-Agent: {user_agent}", "Accept: */*", "Connection: keep-alive"]
    if method == "POST":
        lines += [f"Content-Type: {content_type}"] if content_type else []
        lines.append(f"Content-Length: {len(body)}")
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode("latin-1", "replace") + body
