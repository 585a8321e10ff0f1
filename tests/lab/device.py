"""What a device of the segment is: a name, a MAC, perhaps an address, and the services that answer on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from tests.lab.place import Place


class Service(Protocol):
    """One simulated protocol of one device."""

    async def start(self, place: Place) -> None:
        """Open sockets in the device's namespace and serve them on the running loop until it ends."""
        ...


@dataclass(frozen=True, kw_only=True)
class Device:
    """One physical device with a single network interface."""

    name: str
    mac: str
    """Lower case with colons."""
    ip: str | None
    """The address that the kernel of the device owns; None where the device has no IP stack of its own.

    One of IPv6 where the device speaks IPv6 alone; its kernel then has a link-local address, made from the MAC, as well.
    """
    prefix: int = 24
    dual_stack: bool = False
    """The kernel of a device with an IPv4 address also has a link-local one of IPv6."""
    more_ips: Sequence[str] = ()
    """Further addresses of IPv4 on the same interface and network."""
    services: Sequence[Service] = ()
