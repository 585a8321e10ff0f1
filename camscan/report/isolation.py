"""Block lists for review: what would isolate the devices that a rule reaches for certain. Nothing is ever applied.

Addresses and MACs are the only bytes of a device in these files, each read as a number and written anew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from camscan.model import AssessedAsset, Report, Verdict
from camscan.report import view
from camscan.report.escape import visible
from camscan.report.statement import NOT_LEGAL_ADVICE, statement_lines

BLOCKED = frozenset({Verdict.PROHIBITED, Verdict.RESTRICTED})
STANDING = frozenset({"open", "planned", "lapsed"})
"""Of findings: one that was accepted blocks nothing."""
GROUP_BIT = 0x01
MOST_REASONS = 3
TABLE = "camscan_isolation"
NAME = "CAMSCAN-ISOLATION"


@dataclass(frozen=True, slots=True, kw_only=True)
class Targets:
    """What a list would block, in order, and what was left out of it."""

    devices: int
    ipv4: tuple[str, ...]
    ipv6: tuple[str, ...]
    macs: tuple[str, ...]
    left_out: tuple[str, ...]
    """How many of what, and why."""


def targets_of(report: Report) -> Targets:
    """Return what would isolate the devices with a standing finding of prohibited or restricted."""
    chosen, left_out = _devices(report)
    of_many = Counter(value for judged in report.assets for value in {*judged.asset.ips, *judged.asset.macs})
    shared = {value for value, number in of_many.items() if number > 1}
    networks = [ip_network(text) for text in report.scope.exclude if _is_network(text)]
    ips: set[IPv4Address | IPv6Address] = set()
    macs: set[str] = set()
    for judged in chosen:
        for text in judged.asset.ips:
            ip = _blockable_ip(text)
            if ip is None:
                left_out["addresses that are no address of one device"] += 1
            elif any(ip in network for network in networks):
                left_out["addresses that the scope excludes"] += 1
            elif text in shared:
                left_out["addresses that another device has too"] += 1
            else:
                ips.add(ip)
        for text in judged.asset.macs:
            mac = _blockable_mac(text)
            if mac is None:
                left_out["MACs that are no MAC of one device"] += 1
            elif mac in report.scope.exclude:
                left_out["MACs that the scope excludes"] += 1
            elif judged.asset.relays or text in shared:
                left_out["MACs that stand before other devices too, such as a router's"] += 1
            else:
                macs.add(mac)
    return Targets(
        devices=len(chosen),
        ipv4=tuple(str(ip) for ip in sorted(ip for ip in ips if isinstance(ip, IPv4Address))),
        ipv6=tuple(str(ip) for ip in sorted(ip for ip in ips if isinstance(ip, IPv6Address))),
        macs=tuple(sorted(macs)),
        left_out=tuple(f"{number} {what}" for what, number in sorted(left_out.items())),
    )


def _devices(report: Report) -> tuple[list[AssessedAsset], Counter[str]]:
    chosen, left_out = [], Counter[str]()
    for judged in report.assets:
        if judged.judgement.verdict not in BLOCKED:
            continue
        if judged.asset.outside_scope:
            left_out["devices outside the scope"] += 1
        elif not STANDING & {finding.status for finding in judged.judgement.findings if finding.verdict in BLOCKED}:
            left_out["devices that a recorded exception covers, which is not a statutory exception or waiver"] += 1
        else:
            chosen.append(judged)
    return chosen, left_out


def _is_network(text: str) -> bool:
    try:
        ip_network(text)
    except ValueError:
        return False
    return True


def _blockable_ip(text: str) -> IPv4Address | IPv6Address | None:
    """Return an address that one device can have; None for text that is none, and for groups, loopback and the like."""
    try:
        ip = ip_address(text)
    except ValueError:
        return None
    if ip.is_multicast or ip.is_unspecified or ip.is_loopback or ip == IPv4Address("255.255.255.255"):
        return None
    return ip


def _blockable_mac(text: str) -> str | None:
    """Return a MAC that one device can have, as lower case with colons; None for text that is none, for groups and for zeros."""
    digits = text.replace(":", "")
    if len(text) != 17 or len(digits) != 12 or set(digits) - set("0123456789abcdef"):
        return None
    octets = bytes.fromhex(digits)
    return octets.hex(":") if any(octets) and not octets[0] & GROUP_BIT else None


def _for_review(report: Report) -> str:
    """Return the line at the head of every list."""
    return f"reviewed by: ____; life-safety checked: ____; generated from run {report.run.id}; MACs can be forged"


def _head(report: Report, targets: Targets) -> Iterator[str]:
    """Yield what the reviewer must know of where the lists come from."""
    run, scope = report.run, report.scope
    yield "camscan has applied nothing: review every line, then apply it by the change procedure of your network"
    yield f"{view.counted(targets.devices)} under {', '.join(run.policies) or 'no policy'}, as of {run.as_of.isoformat()}. {NOT_LEGAL_ADVICE}"
    authority = f"authorised by: {scope.authorised_by or 'not stated'}"
    authority += f"; reference {scope.reference}" if scope.reference else ""
    yield authority + (f"; scope file SHA-256 {scope.sha256}" if scope.sha256 else "")
    yield from (f"left out: {what}" for what in targets.left_out)
    if not report.complete:
        yield f"INCOMPLETE: {view.some(report.incomplete_because, MOST_REASONS) or 'reason not recorded'}"
    yield from statement_lines(report)


def nftables(targets: Targets) -> Iterator[str]:
    """Yield a ruleset that drops what the targets send and are sent through this machine; loading it again replaces it."""
    if not (targets.ipv4 or targets.ipv6 or targets.macs):
        return
    yield f"table inet {TABLE}"
    yield f"delete table inet {TABLE}"
    yield f"table inet {TABLE} {{"
    kinds = (("macs", "ether_addr", targets.macs), ("ipv4", "ipv4_addr", targets.ipv4), ("ipv6", "ipv6_addr", targets.ipv6))
    for name, kind, elements in kinds:
        if elements:
            yield f"    set {name} {{"
            yield f"        type {kind}"
            yield "        elements = {"
            yield from (f"            {element}," for element in elements)
            yield "        }"
            yield "    }"
    yield "    chain forward {"
    yield "        type filter hook forward priority -10; policy accept;"
    if targets.macs:
        yield "        ether saddr @macs counter drop"
    for family, name, elements in (("ip", "ipv4", targets.ipv4), ("ip6", "ipv6", targets.ipv6)):
        if elements:
            yield f"        {family} saddr @{name} counter drop"
            yield f"        {family} daddr @{name} counter drop"
    yield "    }"
    yield "}"


def cisco_ios(targets: Targets) -> Iterator[str]:
    """Yield access lists of Cisco IOS; each ends with what lets everything else pass, and is bound to no interface."""
    if targets.ipv4:
        yield f"ip access-list extended {NAME}"
        for ip in targets.ipv4:
            yield f" deny ip host {ip} any"
            yield f" deny ip any host {ip}"
        yield " permit ip any any"
    if targets.ipv6:
        yield f"ipv6 access-list {NAME}-V6"
        for ip in targets.ipv6:
            yield f" deny ipv6 host {ip} any"
            yield f" deny ipv6 any host {ip}"
        yield " permit ipv6 any any"
    if targets.macs:
        yield f"mac access-list extended {NAME}-MAC"
        for mac in targets.macs:
            digits = mac.replace(":", "")
            yield f" deny host {digits[:4]}.{digits[4:8]}.{digits[8:]} any"
        yield " permit any any"


def dhcp_deny(targets: Targets) -> Iterator[str]:
    """Yield host declarations of ISC dhcpd that get no lease."""
    for mac in targets.macs:
        yield f"host camscan-{mac.replace(':', '')} {{ hardware ethernet {mac}; deny booting; }}"


def mab_reject(targets: Targets) -> Iterator[str]:
    """Yield entries of a FreeRADIUS users file that reject MACs at MAC authentication bypass (802.1X)."""
    for mac in targets.macs:
        yield f"{mac.replace(':', '')} Auth-Type := Reject"


@dataclass(slots=True)
class BlockList:
    """One kind of list, as a format."""

    NAME: str
    SUFFIX: str
    comment: str
    """What a line begins with that the reader of the list passes over."""
    lines: Callable[[Targets], Iterator[str]]

    def render(self, report: Report, *, width: int | None = None, color: bool = False) -> str:
        """Return the list with its head, in ASCII."""
        return _document(report, self.comment, [self])

    def written(self, report: Report, targets: Targets) -> Iterator[str]:
        """Yield the line for the reviewer, then the list."""
        yield _remark(self.comment, _for_review(report))
        yield from [*self.lines(targets)] or [_remark(self.comment, "nothing to block")]


@dataclass(slots=True)
class EveryList:
    """All lists in one document, for the reviewer; each is a format of its own, which programs read."""

    NAME: str = "isolation"
    SUFFIX: str = ".isolation.txt"

    def render(self, report: Report, *, width: int | None = None, color: bool = False) -> str:
        """Return the lists one after the other, each with the line for its reviewer."""
        return _document(report, "#", LISTS)


def _document(report: Report, comment: str, lists: Sequence[BlockList]) -> str:
    targets = targets_of(report)
    marking = [_remark(comment, report.run.marking)] if report.run.marking else []
    origin = [_remark(comment, line) for line in _head(report, targets)]
    if len(lists) == 1:
        [one] = lists
        review, *rules = one.written(report, targets)
        return "\n".join([*marking, review, *origin, *rules, *marking]) + "\n"
    lines = [*marking, *origin]
    for one in lists:
        lines += ["", _remark(comment, f"---- {one.NAME}, alone: --format {one.NAME} or -o NAME{one.SUFFIX}")]
        lines += one.written(report, targets)
    return "\n".join([*lines, *marking]) + "\n"


def _remark(comment: str, text: str) -> str:
    return f"{comment} {visible(text).encode('ascii', 'backslashreplace').decode()}"


LISTS = (
    BlockList("nftables", ".nft", "#", nftables),
    BlockList("cisco-ios", ".acl", "!", cisco_ios),
    BlockList("dhcp-deny", ".dhcpd", "#", dhcp_deny),
    BlockList("mab-reject", ".mab", "#", mab_reject),
)
