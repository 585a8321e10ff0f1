"""The wires: a bridge, one namespace a device with a single interface `eth0`, one namespace for the scanner, no way out."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from ipaddress import ip_network

from tests.lab import netns
from tests.lab.device import Device

BRIDGE = "br0"
FORWARDED_GROUPS = 1 << 0x0E
"""Of the groups 01:80:c2:00:00:0X, which bridges keep to themselves: that of LLDP passes, as it does through plain switches."""
SCANNER_PORT = "scanner"
SCANNER_ADDRESS = "10.20.0.1/24"
SCANNER_ADDRESS_V6 = "fd00:20::1/64"
PREFIX_V6 = 64
SCANNER_MAC = "28:d2:44:00:00:01"
"""A universally administered MAC of a notebook maker."""

# The scanner's own view: its interfaces under /sys, and no resolver that a tool could wait for. `cat` holds the namespace
# until the lab closes its end of the pipe.
_HOLD = """
mount -t sysfs lab /sys 2>/dev/null
mount --bind /dev/null /etc/resolv.conf 2>/dev/null
echo ready
exec cat >/dev/null
"""


@dataclass
class Wires:
    """A wired segment."""

    devices: dict[str, int] = field(default_factory=dict)
    """Namespace descriptor by device name."""
    scanner: subprocess.Popen[str] | None = None

    @property
    def scanner_pid(self) -> int:
        """Process that holds the scanner's network and mount namespaces."""
        assert self.scanner is not None
        return self.scanner.pid


def port_name(index: int) -> str:
    """Return the name of a device's port on the bridge."""
    return f"p{index}"


def wire(devices: Sequence[Device]) -> Wires:
    """Move this process into a new network namespace with a bridge and wire every device and the scanner to it."""
    netns.unshare()
    wires = Wires(devices={device.name: netns.create() for device in devices})
    scanner = netns.create()
    lines = [
        "link set lo up",
        f"link add {BRIDGE} type bridge stp_state 0 forward_delay 0 mcast_snooping 0 group_fwd_mask {FORWARDED_GROUPS}",
        f"link set {BRIDGE} up",
        _veth(SCANNER_PORT, SCANNER_MAC, scanner),
    ]
    lines += [_veth(port_name(i), device.mac, wires.devices[device.name]) for i, device in enumerate(devices)]
    netns.set_sysctl("ipv6/conf/default/disable_ipv6", "1")
    netns.ip_batch(lines, pass_fds=[scanner, *wires.devices.values()])
    for device in devices:
        with netns.inside(wires.devices[device.name]):
            _configure(device)
    with netns.inside(scanner):
        _configure_scanner()
        wires.scanner = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "private", "sh", "-c", _HOLD],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            preexec_fn=netns.die_with_parent,
        )
        assert wires.scanner.stdout is not None
        if wires.scanner.stdout.readline().strip() != "ready":
            raise netns.NamespaceError("unshare --mount: not permitted")
    netns.disable_offloads(SCANNER_PORT)
    netns.ip_batch([f"link set {name} master {BRIDGE} up" for name in (SCANNER_PORT, *map(port_name, range(len(devices))))])
    here = [(None, port) for port in (SCANNER_PORT, *map(port_name, range(len(devices))))]
    netns.await_carrier([*here, (scanner, "eth0"), *((namespace, "eth0") for namespace in wires.devices.values())])
    return wires


def unwire(wires: Wires) -> None:
    """End the scanner's holder; the namespaces end with this process."""
    if wires.scanner is not None and wires.scanner.stdin is not None:
        wires.scanner.stdin.close()
        wires.scanner.wait(timeout=5)


def _veth(port: str, mac: str, namespace: int) -> str:
    return f"link add {port} type veth peer name eth0 address {mac} netns /proc/self/fd/{namespace}"


def _configure(device: Device) -> None:
    speaks_v6 = ":" in (device.ip or "")
    # Most devices are IPv4 only: nothing of theirs may appear on the wire that their simulator did not send.
    _set_ipv6(on=speaks_v6 or device.dual_stack)
    netns.set_sysctl("ipv4/conf/all/rp_filter", "0")
    netns.set_sysctl("ipv4/conf/default/rp_filter", "0")
    netns.set_sysctl("ipv4/conf/eth0/rp_filter", "0")
    lines = ["link set lo up"]
    if device.ip is None:
        lines += ["link set eth0 arp off", "link set eth0 up"]
    elif speaks_v6:
        lines += ["link set eth0 up", f"addr add {device.ip}/{PREFIX_V6} dev eth0 nodad"]
    else:
        # Without a broadcast address in the interface, answers to 255.255.255.255 would leave with the wrong source.
        broadcast = ip_network(f"{device.ip}/{device.prefix}", strict=False).broadcast_address
        lines += [
            *(f"addr add {ip}/{device.prefix} broadcast {broadcast} dev eth0" for ip in (device.ip, *device.more_ips)),
            "link set eth0 up",
            "route add 224.0.0.0/4 dev eth0",
            "route add 255.255.255.255 dev eth0",
        ]
    netns.ip_batch(lines)
    netns.disable_offloads("eth0")


def _configure_scanner() -> None:
    for key in ("all", "default", "eth0"):
        netns.set_sysctl(f"ipv4/conf/{key}/rp_filter", "0")
    _set_ipv6(on=True)
    netns.ip_batch(
        [
            "link set lo up",
            f"addr add {SCANNER_ADDRESS} broadcast + dev eth0",
            "link set eth0 up",
            "route add 224.0.0.0/4 dev eth0",
            f"addr add {SCANNER_ADDRESS_V6} dev eth0 nodad",
        ]
    )
    netns.disable_offloads("eth0")


def _set_ipv6(*, on: bool) -> None:
    """Switch IPv6 of the calling thread's namespace; addresses are usable at once, and no router is asked for."""
    for key, value in (("accept_dad", 0), ("dad_transmits", 0), ("accept_ra", 0), ("router_solicitations", 0)):
        for name in ("all", "default", "eth0"):
            netns.set_sysctl(f"ipv6/conf/{name}/{key}", str(value))
    for name in ("all", "default", "eth0"):
        netns.set_sysctl(f"ipv6/conf/{name}/disable_ipv6", str(int(not on)))
