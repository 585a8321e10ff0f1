"""Hears what is said on links, and sends nothing: what devices announce, and who they are when they speak to everybody.

Without `promiscuous` these are frames to groups, to everybody and to this machine, whatever else reaches the socket; the filter in the
kernel sees to that. Joining groups makes the kernel send IGMP and MLD, so it happens on request alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from camscan.codecs.capturefilter import expression
from camscan.codecs.dissect import Dissection
from camscan.codecs.frame import LINK_ETHERNET
from camscan.codecs.outcome import Outcome, Undecoded
from camscan.codecs.registry import DATAGRAM_CODECS
from camscan.collect.base import Ground, Host, NotAsked, NotNeeded, Stage
from camscan.collect.carrier import times_lost
from camscan.collect.interfaces import Interface, compile_bpf
from camscan.collect.privileges import CAP_NET_RAW, may, remedy_for_privilege
from camscan.collect.ring import RETIRE_MS, PacketRing
from camscan.collect.sockets import UdpSocket
from camscan.errors import PrivilegeError
from camscan.model import Via

MEMORY = 64 * 1024 * 1024
"""Bytes that the rings of all interfaces share: 20,000 announcements a second fill them in four seconds."""
BLOCKS_AT_ONCE = 4
"""Read before others have their turn."""

TO_HOST, TO_GROUP, TO_OTHER, OUTGOING = 0, 2, 3, 4
"""Kinds of frames by destination, of linux/if_packet.h; 1 is to everybody."""
_KIND_OF_FRAME = 0xFFFFF000 + 4
"""SKF_AD_OFF + SKF_AD_PKTTYPE of linux/filter.h."""
_LOAD, _JUMP_IF_EQUAL, _JUMP_IF_GREATER, _RETURN = 0x20, 0x15, 0x25, 0x06
COARSE = "not udp or ip6 or port 53 or port 5353 or port 5355 or ip[6:2] & 0x1fff != 0 or udp[8] & 0xcf != 0x80"
"""For kernels that have no room for the filter of captures: all but media over RTP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hearing:
    """What reaches the ears."""

    promiscuous: bool = False
    """Also frames between others."""
    unicast: bool = True
    """Also frames to this machine."""
    join: bool = False
    """Join the groups in which devices announce themselves; sends IGMP and MLD."""


class Ear:
    """One interface that is listened to: its ring, and what its frames say."""

    def __init__(self, ground: Ground, interface: Interface, hearing: Hearing, size: int) -> None:
        """Open ring and groups. Raises PrivilegeError, MissingTool, OSError."""
        if not may(CAP_NET_RAW):
            raise PrivilegeError(f"needs CAP_NET_RAW: {remedy_for_privilege('listen …')}")
        self.interface = interface
        self.dissection = Dissection(via=Via.PASSIVE, collector=Listen.NAME, site=ground.site)
        self._ground = ground
        self._members: list[UdpSocket] = []
        self._faults: set[str] = set()
        self._lost_before = times_lost(interface.index)
        self.behind = False
        """More waited, the last time, than is read at once."""
        self.ring = _ring(ground, interface, wanted_kinds(hearing), size)
        try:
            # Without this a network card keeps back the groups that nobody here has joined; it sends nothing.
            self.ring.hear_all_groups()
            if hearing.promiscuous:
                self.ring.hear_everything()
            if hearing.join:
                self._join(ground)
        except BaseException:
            self.close()
            raise

    def _join(self, ground: Ground) -> None:
        """Become a member of the groups in which devices announce themselves, as far as this interface has the families."""
        v4, v6 = announcement_groups()
        if self.interface.addresses:
            self._members.append(ground.net.udp_socket(self.interface, 0, v4))
        if self.interface.link_local:
            self._members.append(ground.net.udp_socket_v6(self.interface, 0, v6))

    def read(self, blocks: int = BLOCKS_AT_ONCE) -> None:
        """Take the frames that wait, of at most so many blocks."""
        before = self.ring.taken
        feed, said = self.dissection.feed, self._said
        for frame, at in self.ring.frames(blocks):
            outcomes = feed(frame, at, LINK_ETHERNET)
            if outcomes:
                said(outcomes)
        self.behind = self.ring.taken - before == blocks
        fault = self.ring.fault()
        if fault is not None and fault not in self._faults:
            self._faults.add(fault)
            self._ground.tally.unfinished.append(
                f"{self.interface.name} went down ({fault}): what was said meanwhile was missed"
            )

    def count_drops(self) -> None:
        """Add what the kernel lost since the last time."""
        self._ground.tally.dropped += self.ring.drops()

    def finish(self) -> None:
        """Take what waits, and tell what was still open, and what the caps refused."""
        self.read(self.ring.blocks())
        self.count_drops()
        self._tell_lost_link()
        self._said(self.dissection.flush())
        self._ground.tally.gave_up(self.dissection.dropped)

    def _tell_lost_link(self) -> None:
        """Say that a cable was out, or that the other end was off, where the interface itself stayed up."""
        before, now = self._lost_before, times_lost(self.interface.index)
        if before is None or now is None or now <= before or self._faults:
            return
        often = "once" if now == before + 1 else f"{now - before} times"
        self._ground.tally.unfinished.append(f"{self.interface.name} lost its link {often}: what was said meanwhile was missed")

    def close(self) -> None:
        """Close the ring and leave the groups."""
        self.ring.close()
        for member in self._members:
            member.close()

    def _said(self, outcomes: Iterable[Outcome]) -> None:
        ground = self._ground
        for found in outcomes:
            if isinstance(found, Undecoded):
                ground.tally.could_not_read(found)
            else:
                ground.tally.received += found.count
                ground.emit(found)


class Listen:
    """Listens on the links of the scope for a while, or until it is stopped."""

    NAME = "listen"
    STAGE = Stage.PRESENCE

    def __init__(self, seconds: float | None, hearing: Hearing | None = None, *, memory: int = MEMORY) -> None:
        """Take how long: None is until the run ends, 0 is not at all."""
        self._seconds = seconds
        self._hearing = hearing or Hearing()
        self._memory = memory
        self._failed: asyncio.Future[None] | None = None
        self.ears: list[Ear] = []

    @property
    def seconds(self) -> float | None:
        """How long it listens: None is until the run ends, 0 is not at all."""
        return self._seconds

    def open(self, ground: Ground) -> None:
        """Open a ring on every interface. Raises NotAsked, NotNeeded, PrivilegeError, MissingTool, OSError."""
        if self._seconds == 0:
            raise NotAsked("not asked for: --listen SECONDS")
        links = [i for i in ground.interfaces if not i.loopback]
        if not links:
            raise NotNeeded("no range of the scope is on a link of this machine, so there is nothing to hear of it")
        for interface in links:
            self.ears.append(Ear(ground, interface, self._hearing, self._memory // len(links)))

    async def run(self, ground: Ground, hosts: Sequence[Host]) -> None:
        """Hear until the time is over; what was heard is emitted to the last also where the run is stopped."""
        loop = asyncio.get_running_loop()
        self._failed = loop.create_future()
        for ear in self.ears:
            loop.add_reader(ear.ring.socket.fileno(), self._read, ear)
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._seconds):
                    await self._failed
        finally:
            # The kernel hands over the last block, which is not full, only when its time is over: without the wait its frames are lost.
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.sleep(2 * RETIRE_MS / 1000)
            for ear in self.ears:
                loop.remove_reader(ear.ring.socket.fileno())
                ear.finish()

    def _read(self, ear: Ear) -> None:
        """Read what waits; a fault ends the run instead of being met again with each frame."""
        try:
            ear.read()
        except Exception as fault:  # whatever it is: a callback that raises would be called again with the next frame, for ever
            asyncio.get_running_loop().remove_reader(ear.ring.socket.fileno())
            if self._failed is not None and not self._failed.done():
                self._failed.set_exception(fault)

    @property
    def frames(self) -> int:
        """How many frames were read so far."""
        return sum(ear.dissection.frames for ear in self.ears)

    @property
    def behind(self) -> bool:
        """Whether frames come faster than they are read."""
        return any(ear.behind for ear in self.ears)

    def count_drops(self) -> None:
        """Bring the tally's drops up to now."""
        for ear in self.ears:
            ear.count_drops()

    def close(self) -> None:
        """Close all rings and leave all groups."""
        loop = None
        with contextlib.suppress(RuntimeError):
            loop = asyncio.get_running_loop()
        for ear in self.ears:
            if loop is not None:
                loop.remove_reader(ear.ring.socket.fileno())
            ear.close()
        self.ears.clear()


def announcement_groups() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the groups of all codecs in which devices announce themselves or answer: of IPv4, of IPv6."""
    groups = sorted({group for codec in DATAGRAM_CODECS for group in codec.GROUPS})
    return tuple(g for g in groups if ":" not in g), tuple(g for g in groups if ":" in g)


def wanted_kinds(hearing: Hearing) -> bytes:
    """Return the program, to stand before another, that ends with nothing for frames of kinds that are not to be heard."""
    first, last = (TO_HOST if hearing.unicast or hearing.promiscuous else TO_HOST + 1), TO_GROUP
    if hearing.promiscuous:
        last = TO_OTHER
    instructions = [(_LOAD, 0, 0, _KIND_OF_FRAME), (_JUMP_IF_GREATER, 0, 1, last), (_RETURN, 0, 0, 0)]
    if first:
        instructions += [(_JUMP_IF_EQUAL, 0, 1, TO_HOST), (_RETURN, 0, 0, 0)]
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in instructions)


def _ring(ground: Ground, interface: Interface, kinds: bytes, size: int) -> PacketRing:
    """Return the ring with the filter of captures, or with a coarse one where the kernel has no room for that."""
    fine = expression(LINK_ETHERNET)
    assert fine is not None
    try:
        return PacketRing(ground.net, interface, kinds + compile_bpf(fine), size)
    except OSError as fault:
        if fault.errno != errno.ENOMEM:
            raise
    return PacketRing(ground.net, interface, kinds + compile_bpf(COARSE), size)
