"""Which fields speak of a product alone, and not of the one unit, of where it stands or of whose it is."""

from __future__ import annotations

# fmt: off
OF_PRODUCTS = frozenset({
    "tcp.port", "wsd.types", "wsd.action", "mdns.service", "ssdp.server", "ssdp.nts", "sadp.type", "sadp.model",
    "sadp.firmware", "sadp.dsp", "sadp.oem", "sadp.activated", "sadp.http_port", "sadp.command_port", "sadp.channels",
    "sadp.encrypted", "dhip.vendor", "dhip.manufacturer", "dhip.model", "dhip.class", "dhip.firmware", "dhip.http_port",
    "dhip.port", "dhip.channels", "http.status", "http.server", "http.auth.scheme", "http.favicon.mmh3", "http.favicon.md5",
    "http.quirk", "http.control.status", "http.user_agent", "rtsp.status", "rtsp.server", "rtsp.auth.scheme", "rtsp.public",
    "rtsp.quirk", "rtsp.user_agent", "tls.not_before", "tls.not_after", "tls.version", "flow.port", "flow.transport",
    "flow.out", "flow.in", "flow.bound", "flow.answered", "dhcp.vendor_class", "dhcp.parameters", "dhcp.message", "dhcpv6.message",
    "dhcpv6.parameters", "dhcpv6.enterprise", "dhcpv6.vendor_class", "onvif.manufacturer", "onvif.model", "onvif.firmware",
    "onvif.hardware", "onvif.service", "ssh.banner", "snmp.sysobjectid", "snmp.private", "switch.port_macs",
    "upnp.manufacturer", "upnp.model", "upnp.device_type", "upnp.server", "nmap.service", "nmap.product", "webcaps.vendor",
    "webcaps.type", "webcaps.version", "isapi.model", "isapi.firmware", "isapi.type", "isapi.manufacturer", "tplink.type",
    "tplink.model", "tplink.firmware", "tplink.hardware", "xiongmai.type", "xiongmai.channels", "xiongmai.http_port",
    "xiongmai.port", "xiongmai.build", "tvt.port", "tvt.http_port", "tvt.rtsp_port", "tvt.type", "tvt.build", "tvt.firmware",
    "tvt.model", "tvt.label", "tvt.series", "kedacom.class", "kedacom.model", "kedacom.firmware", "topsee.root",
    "topsee.type", "topsee.model", "topsee.http_port", "topsee.rtsp_port", "hds.model", "hds.channels", "hds.http_port",
    "hds.firmware", "pppp.prefix", "pppp.hidden", "vstarcam.http_port", "vstarcam.prefix", "vstarcam.firmware",
    "vstarcam.web", "foscam.type", "foscam.firmware", "foscam.web", "foscam.http_port", "vivotek.http_port",
    "vivotek.language", "vivotek.model", "dahua.http_port", "dahua.port", "dahua.model", "dahua.device",
    "panasonic.http_port", "panasonic.model", "panasonic.firmware", "panasonic.channels", "sony.model", "sony.firmware",
    "sony.http_port", "bosch.model", "bosch.type", "bosch.http_port", "hanwha.model", "reolink.document", "ubiquiti.firmware",
    "ubiquiti.version", "ubiquiti.platform", "ubiquiti.model", "tuya.product", "tuya.version", "mndp.version",
    "mndp.platform", "mndp.board", "vision360.type", "gvcp.manufacturer", "gvcp.model", "gvcp.version", "lldp.capabilities",
    "lldp.manufacturer", "lldp.model", "lldp.firmware", "lldp.software", "lldp.hardware", "cdp.platform", "ntp.mode",
    "igd.port", "igd.internal_port", "ssdp.search", "attested.acquired", "attested.basis", "attested.disposed",
    "attested.kind", "attested.maker", "attested.model",
})
# fmt: on
"""Fields that speak of the product, of ports and of times; every other one may name a unit, a place or a person, those too that come
after this list."""
