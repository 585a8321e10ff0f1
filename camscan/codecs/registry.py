"""Every codec, and the one way from a carrier to an observation. To add a protocol is to add its line here."""

from __future__ import annotations

from dataclasses import dataclass

from camscan.codecs import (
    arp,
    banner,
    bosch,
    control,
    dahua,
    dhcp,
    dhip,
    dlink,
    dns,
    foscam,
    gvcp,
    hanwha,
    hds,
    http,
    kedacom,
    mdns,
    mndp,
    nice,
    onvif,
    panasonic,
    pppp,
    reolink,
    rtsp,
    sadp,
    sadp_l2,
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
    wsd,
    xiongmai,
)
from camscan.codecs.base import DatagramCodec, DecodeError, FrameCodec, SecretBearer, StreamCodec, mac_text
from camscan.model import MAX_RAW, Carrier, Datagram, Endpoint, Fields, Frame, Observation, StreamHead

DATAGRAM_CODECS: tuple[DatagramCodec, ...] = (
    sadp,
    dhip,
    wsd,
    tvt_search,  # before ssdp, which would take the head of its answer for its own
    ssdp,
    mdns,
    dhcp,
    dns,
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
FRAME_CODECS: tuple[FrameCodec, ...] = (arp, sadp_l2)

UNSPECIFIED = frozenset({"0.0.0.0", "::"})
"""What stands for the sender where it has no address yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecoded:
    """A carrier that a codec claimed and could not read."""

    protocol: str
    reason: str
    sample: bytes
    """≤ 256 bytes."""


def dispatch_datagram(datagram: Datagram, *, collector: str, site: str) -> Observation | Undecoded | None:
    """Return what a datagram says of its sender; None where no codec wants it or it says nothing of its sender.

    Codecs whose ports include one end are tried first, then those that recognise the first bytes on any port.
    """
    ports = {datagram.src.port, datagram.dst.port}
    failed: Undecoded | None = None
    for codec in sorted(DATAGRAM_CODECS, key=lambda c: ports.isdisjoint(c.PORTS)):
        if not codec.recognise(datagram):
            continue
        try:
            said = codec.observe(codec.decode(datagram.payload))
        except DecodeError as fault:
            failed = failed or Undecoded(protocol=codec.NAME, reason=str(fault), sample=_kept(codec, datagram.payload)[:256])
            continue
        if not said:
            return None
        raw = _kept(codec, datagram.payload)
        return observation(codec.NAME, said, datagram, raw, datagram.src, datagram.src_mac, collector, site)
    return failed


def _kept(codec: DatagramCodec, payload: bytes) -> bytes:
    """Return what may be kept of a message."""
    return codec.without_secrets(payload) if isinstance(codec, SecretBearer) else payload


def dispatch_stream(head: StreamHead, *, collector: str, site: str) -> Observation | Undecoded | None:
    """Return what the server of a connection said; None where no codec recognises its first bytes."""
    failed: Undecoded | None = None
    for codec in STREAM_CODECS:
        if not codec.recognise(head):
            continue
        try:
            said = codec.observe(codec.decode(head))
        except DecodeError as fault:
            failed = failed or Undecoded(protocol=codec.NAME, reason=str(fault), sample=head.received[:256])
            continue
        if codec is http:
            said = tuple(sorted({*said, *_carried(head)}))
        if not said:
            return None
        return observation(codec.NAME, said, head, head.received, head.server, head.server_mac, collector, site)
    return failed


def _carried(head: StreamHead) -> Fields:
    """Return what a UPnP description or an ONVIF answer says that the first response of a connection carries."""
    asked = head.sent[:5]
    try:
        if asked == b"POST " and onvif.recognise(head.received):
            return onvif.observe(onvif.decode(head.received))
        if asked == b"GET /" and control.place(head.sent) != 0 and upnp.recognise(head.received):
            return upnp.observe(upnp.decode(head.received))
    except DecodeError:  # then it is a page like any other
        pass
    return ()


def dispatch_frame(frame: Frame, *, collector: str, site: str) -> Observation | Undecoded | None:
    """Return what an untagged Ethernet frame says of its sender; its address is the one that the message states."""
    failed: Undecoded | None = None
    for codec in FRAME_CODECS:
        if not codec.recognise(frame):
            continue
        try:
            said = codec.observe(codec.decode(frame.payload))
        except DecodeError as fault:
            failed = failed or Undecoded(protocol=codec.NAME, reason=str(fault), sample=frame.payload[:256])
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
    return Observation(
        protocol=protocol,
        collector=collector,
        via=carrier.via,
        site=site,
        fields=said,
        first_seen_at=carrier.received_at,
        last_seen_at=carrier.received_at,
        ip=None if source is None or source.ip in UNSPECIFIED else source.ip,
        port=None if source is None else source.port or None,
        link_mac=mac,
        raw=raw[:MAX_RAW],
        truncated=len(raw) > MAX_RAW,
    )
