"""Every codec, and the one way from a carrier to an observation. To add a protocol is to add its line here."""

from __future__ import annotations

from functools import lru_cache

from camscan.codecs import (
    arp,
    banner,
    bosch,
    cdp,
    control,
    dahua,
    dhcp,
    dhcpv6,
    dhip,
    dlink,
    dns,
    favicon,
    foscam,
    gvcp,
    hanwha,
    hds,
    http,
    igd,
    kedacom,
    lldp,
    llmnr,
    mdns,
    mld,
    mndp,
    ndp,
    nice,
    ntp,
    onvif,
    panasonic,
    pppp,
    privacy,
    reolink,
    rtsp,
    sadp,
    sadp_l2,
    secrets,
    snmp,
    sony,
    ssdp,
    tls,
    topsee,
    tplink,
    tuya,
    tvt,
    tvt_search,
    ubiquiti,
    upnp,
    vision360,
    vivotek,
    vstarcam,
    webcaps,
    wsd,
    xiongmai,
)
from camscan.codecs.base import (
    Addressing,
    Beginning,
    DatagramCodec,
    DecodeError,
    FrameCodec,
    SecretBearer,
    StreamCodec,
    fields,
    mac_text,
)
from camscan.codecs.eui64 import with_claim
from camscan.codecs.outcome import Outcome, Undecoded
from camscan.model import MAX_RAW, OVERHEARD, Carrier, Datagram, Endpoint, Fields, Frame, Observation, StreamHead, Via

DATAGRAM_CODECS: tuple[DatagramCodec, ...] = (
    sadp,
    dhip,
    wsd,
    tvt_search,  # before ssdp, which would take the head of its answer for its own
    ssdp,
    mdns,
    llmnr,
    dhcp,
    dhcpv6,
    dns,
    ntp,
    snmp,
    tvt,
    xiongmai,
    kedacom,
    topsee,
    hds,
    pppp,
    vstarcam,
    foscam,
    vivotek,
    dahua,
    panasonic,
    sony,
    bosch,
    hanwha,
    reolink,
    tplink,
    ubiquiti,
    tuya,
    mndp,
    dlink,
    nice,
    vision360,
    gvcp,
)
STREAM_CODECS: tuple[StreamCodec, ...] = (http, rtsp, tls, banner)
FRAME_CODECS: tuple[FrameCodec, ...] = (arp, ndp, mld, sadp_l2, lldp, cdp)

MAX_OF_CLIENT = 2048
"""Bytes kept of what a client said."""
LONGEST_URL = 2048
"""Characters of a value that is looked at as a URL, or as a list of them."""
MAX_SAMPLE = 256
"""Bytes kept of an unreadable answer to a question of ours."""
MAX_OF_OTHERS = 16
"""Bytes kept of an unreadable message that others said, or that may be a command: they tell the protocol."""
UNSPECIFIED = frozenset({"0.0.0.0", "::"})
"""What stands for the sender where it has no address yet."""


# Asking a protocol of typing what fulfils it takes longer than decoding most messages: it is asked once.
_ADDRESSING = {codec: codec.observe_towards for codec in DATAGRAM_CODECS if isinstance(codec, Addressing)}
_BEARERS = {codec: codec.without_secrets for codec in DATAGRAM_CODECS if isinstance(codec, SecretBearer)}
_BY_NAME = {codec.NAME: codec for codec in DATAGRAM_CODECS}
DATAGRAM_PORTS = frozenset(port for codec in DATAGRAM_CODECS for port in codec.PORTS)
"""UDP ports that some codec reads."""
STREAM_PORTS = frozenset(port for codec in STREAM_CODECS for port in codec.PORTS)
"""TCP ports on which the servers listen that codecs read."""


def candidates(datagram: Datagram) -> tuple[DatagramCodec, ...]:
    """Return the codecs that may recognise a datagram, in the order in which they are tried."""
    src, dst = datagram.src.port, datagram.dst.port
    first = datagram.payload[0] if datagram.payload else -1
    return _candidates(src if src in DATAGRAM_PORTS else 0, dst if dst in DATAGRAM_PORTS else 0, first)


@lru_cache(maxsize=4096)
def _candidates(src: int, dst: int, first: int) -> tuple[DatagramCodec, ...]:
    at_port = [codec for codec in DATAGRAM_CODECS if src in codec.PORTS or dst in codec.PORTS]
    return (*at_port, *(codec for codec in _BY_FIRST_BYTE.get(first, _BY_ANY_BYTE) if codec not in at_port))


def _by_first_byte() -> dict[int, tuple[DatagramCodec, ...]]:
    """Return the codecs that may recognise a datagram by its first byte on any port."""
    begins = {codec: {begin[0] for begin in codec.BEGINS} for codec in DATAGRAM_CODECS if isinstance(codec, Beginning)}
    return {
        byte: tuple(codec for codec in DATAGRAM_CODECS if codec not in begins or byte in begins[codec]) for byte in range(256)
    }


_BY_FIRST_BYTE = _by_first_byte()
_BY_ANY_BYTE = tuple(codec for codec in DATAGRAM_CODECS if not isinstance(codec, Beginning))


def dispatch_datagram(datagram: Datagram, *, collector: str, site: str) -> Outcome | None:
    """Return what a datagram says of its sender; None where no codec wants it or it says nothing of its sender.

    Codecs whose ports include one end are tried first, then those that recognise the first bytes on any port.
    """
    failed: Undecoded | None = None
    for codec in candidates(datagram):
        if not codec.recognise(datagram):
            continue
        try:
            message = codec.decode(datagram.payload)
            said = _ADDRESSING[codec](message, datagram.dst) if codec in _ADDRESSING else codec.observe(message)
        except DecodeError as fault:
            failed = failed or Undecoded(protocol=codec.NAME, reason=str(fault), sample=_sample(codec, datagram))
            continue
        if not said:
            return None
        raw, said = kept_of(codec.NAME, datagram.payload, datagram.via), _without_secrets(said)
        if datagram.via in OVERHEARD:
            said = _without_queries(said)
        return observation(codec.NAME, said, datagram, raw, datagram.src, datagram.src_mac, collector, site)
    return failed


def kept_of(protocol: str, payload: bytes, via: Via) -> bytes:
    """Return what may be kept of a datagram that was read as a protocol."""
    kept = _kept(_BY_NAME[protocol], payload)
    return secrets.cut_queries(kept) if via in OVERHEARD else kept


def _kept(codec: DatagramCodec, payload: bytes) -> bytes:
    """Return what may be kept of a message."""
    return secrets.cut(_BEARERS[codec](payload) if codec in _BEARERS else payload)


def _sample(codec: DatagramCodec, datagram: Datagram) -> bytes:
    """Return as much as may be kept of a message that cannot be read.

    What goes from another port to that of the devices may be a command with a password in whatever place and cipher.
    """
    commands = datagram.dst.port in codec.PORTS and datagram.src.port not in codec.PORTS
    return _begin_of(_kept(codec, datagram.payload), Via.PASSIVE if commands else datagram.via)


def _begin_of(message: bytes, via: Via) -> bytes:
    """Return as much of an unreadable message as may be kept: what others say is nobody's business but theirs."""
    return message[: MAX_OF_OTHERS if via in OVERHEARD else MAX_SAMPLE]


def dispatch_stream(head: StreamHead, *, collector: str, site: str) -> Outcome | None:
    """Return what the server of a connection said; None where no codec recognises its first bytes."""
    head = _kept_of_stream(head)
    failed: Undecoded | None = None
    for codec in STREAM_CODECS:
        if not codec.recognise(head):
            continue
        try:
            said = codec.observe(codec.decode(head))
        except DecodeError as fault:
            failed = failed or Undecoded(protocol=codec.NAME, reason=str(fault), sample=_begin_of(head.received, head.via))
            continue
        if codec is http:
            said = tuple(sorted({*said, *_carried(head)}))
        if not said:
            return None
        return observation(codec.NAME, said, head, head.received, head.server, head.server_mac, collector, site)
    return failed


@lru_cache(maxsize=1)
def _kept_of_stream(head: StreamHead) -> StreamHead:
    """Return what may be kept of a connection."""
    codec = next((codec for codec in STREAM_CODECS if codec.recognise(head)), None)
    return banner.without_secrets(head) if codec is banner else privacy.without_secrets(head)


def dispatch_client(head: StreamHead, *, collector: str, site: str) -> Observation | None:
    """Return what the client of a connection says of itself; None where it says nothing."""
    mapped = igd.observe_client(head.sent)
    head = _kept_of_stream(head)
    for codec in (tls, http, rtsp):
        said = codec.observe_client(head.sent)
        if codec is http and mapped:
            said = fields(*said, *mapped, ("igd.router", head.server.ip))
        if said:
            client = Endpoint(head.client.ip, 0)  # its port is another one each time
            return observation(codec.NAME, said, head, head.sent[:MAX_OF_CLIENT], client, head.client_mac, collector, site)
    return None


def _carried(head: StreamHead) -> Fields:
    """Return what a UPnP description, an ONVIF answer, a list of capabilities or an icon says that the first response carries."""
    asked = head.sent[:5]
    try:
        if asked == b"POST " and onvif.recognise(head.received):
            return onvif.observe(onvif.decode(head.received))
        if asked == b"GET /" and control.place(head.sent) != 0 and upnp.recognise(head.received):
            return upnp.observe(upnp.decode(head.received))
        if webcaps.asked_for(head.sent):
            return webcaps.observe(webcaps.decode(head.received))
        if favicon.asked_for(head.sent):
            return favicon.observe(favicon.decode(head.received))
    except DecodeError:  # then it is a page like any other
        pass
    return ()


def dispatch_frame(frame: Frame, *, collector: str, site: str) -> Outcome | None:
    """Return what an untagged Ethernet frame says of its sender; its address is the one that the message states."""
    failed: Undecoded | None = None
    for codec in FRAME_CODECS:
        if not codec.recognise(frame):
            continue
        try:
            said = codec.observe(codec.decode(frame.payload))
        except DecodeError as fault:
            failed = failed or Undecoded(protocol=codec.NAME, reason=str(fault), sample=_begin_of(frame.payload, frame.via))
            continue
        if not said:
            return None
        ip = next((value for name, value in said if name.endswith(".ip")), None)
        source = None if ip is None else Endpoint(ip, 0)
        return observation(codec.NAME, said, frame, frame.payload, source, mac_text(frame.payload[6:12]), collector, site)
    return failed


def observation(
    protocol: str,
    said: Fields,
    carrier: Carrier,
    raw: bytes,
    source: Endpoint | None,
    mac: str | None,
    collector: str,
    site: str,
) -> Observation:
    """Return the observation of one decoded message of `source`. A source without address, as in DHCP, has no `ip`."""
    ip = None if source is None or source.ip in UNSPECIFIED else source.ip
    return Observation(
        protocol=protocol,
        collector=collector,
        via=carrier.via,
        site=site,
        fields=with_claim(_without_logins(said), ip, mac),
        first_seen_at=carrier.received_at,
        last_seen_at=carrier.received_at,
        ip=ip,
        port=None if source is None else source.port or None,
        link_mac=mac,
        raw=raw[:MAX_RAW],
        truncated=len(raw) > MAX_RAW,
    )


def _without_logins(said: Fields) -> Fields:
    """Return fields in which no URL says how to log in; pages and descriptions have none that are cut here."""
    kept = tuple([(name, secrets.cut_value(value)) if _is_url(value) else (name, value) for name, value in said])
    return said if kept == said else fields(*kept)


def _without_secrets(said: Fields) -> Fields:
    """Return what a datagram says without the values of secret names, which its bytes do not keep either."""
    if not secrets.may_hold("\n".join([value for _, value in said])):
        return said
    kept = tuple([(name, secrets.cut_value(value)) for name, value in said])
    return said if kept == said else fields(*kept)


def _without_queries(said: Fields) -> Fields:
    """Return fields in which URLs have no query."""
    kept = tuple(
        [(name, secrets.cut_queries(value.encode()).decode()) if "?" in value else (name, value) for name, value in said]
    )
    return said if kept == said else fields(*kept)


def _is_url(value: str) -> bool:
    return "://" in value and len(value) <= LONGEST_URL and "<" not in value
