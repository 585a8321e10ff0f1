"""A packet socket whose frames the kernel writes into memory that is shared with us: no call for each frame, and room for seconds.

Source: Linux, Documentation/networking/packet_mmap.rst and linux/if_packet.h (TPACKET_V3). A block of frames is the kernel's
until it is full or RETIRE_MS have passed, then ours until its status is set back.
"""

from __future__ import annotations

import contextlib
import errno
import mmap
import socket
import struct
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from camscan.codecs.pcapfile import EPOCH
from camscan.collect.sockets import ETH_P_ALL, PACKET_ADD_MEMBERSHIP, SOL_PACKET, PacketSocket

if TYPE_CHECKING:
    from camscan.collect.interfaces import Interface
    from camscan.collect.net import Net

BLOCK = 256 * 1024
"""Bytes of one block: room for the largest frame that the kernel merges."""
LEAST_BLOCKS = 16
RETIRE_MS = 40
"""After this a block that is not full is ours too."""

PACKET_RX_RING = 5
PACKET_VERSION = 10
TPACKET_V3 = 2
PACKET_MR_PROMISC = 1
TP_STATUS_USER = 1
TP_STATUS_VLAN_VALID = 1 << 4
TP_STATUS_VLAN_TPID_VALID = 1 << 6
"""Constants of linux/if_packet.h."""
_FRAME_SIZE = 2048
"""Only checked by the kernel against BLOCK: frames of this version lie packed."""
_ETHERTYPE_VLAN = 0x8100

_block = struct.Struct("=8xIII").unpack_from
"""Of `struct tpacket_block_desc`: status, number of frames, offset of the first."""
_header = struct.Struct("=IIIIIIHHIIH").unpack_from
"""`struct tpacket3_hdr`: offset of the next, seconds, nanoseconds, captured, length, status, mac, net, hash, tag, type of the tag."""


class PacketRing(PacketSocket):
    """A packet socket that is read in blocks, with the kernel's times and with the VLAN tags that it takes off."""

    def __init__(self, net: Net, interface: Interface, program: bytes, size: int) -> None:
        """Take bytes of memory to share, fewer where the kernel has not so many. Raises OSError."""
        super().__init__(net, interface, program, ETH_P_ALL)
        try:
            self.socket.setsockopt(SOL_PACKET, PACKET_VERSION, TPACKET_V3)
            self._blocks = self._share(max(LEAST_BLOCKS, size // BLOCK))
            self._memory = mmap.mmap(self.socket.fileno(), self._blocks * BLOCK)
        except BaseException:
            self.socket.close()
            raise
        self.taken = 0
        """Blocks that were read so far."""

    def _share(self, blocks: int) -> int:
        """Have the kernel set blocks of memory apart, half of them where they are too many, and return how many they are."""
        while True:
            request = struct.pack("=7I", BLOCK, blocks, _FRAME_SIZE, blocks * (BLOCK // _FRAME_SIZE), RETIRE_MS, 0, 0)
            try:
                self.socket.setsockopt(SOL_PACKET, PACKET_RX_RING, request)
            except OSError as fault:
                if fault.errno != errno.ENOMEM or blocks <= LEAST_BLOCKS:
                    raise
                blocks //= 2
            else:
                return blocks

    def hear_everything(self) -> None:
        """Have the network card pass frames to other devices too, until the socket is closed. Raises OSError."""
        membership = struct.pack("=iHH8s", self.interface.index, PACKET_MR_PROMISC, 0, b"")
        self.socket.setsockopt(SOL_PACKET, PACKET_ADD_MEMBERSHIP, membership)

    def frames(self, blocks: int) -> Iterator[tuple[bytes, datetime]]:
        """Yield the frames of the blocks that are ours now, at most so many, each with when it came, and give them back."""
        memory = self._memory
        for _ in range(min(blocks, self._blocks)):
            start = self.taken % self._blocks * BLOCK
            status, count, offset = _block(memory, start)
            if not status & TP_STATUS_USER:
                return
            at = start + offset
            for _ in range(count):
                further, seconds, nanoseconds, size, _len, flags, mac, _net, _hash, tag, tag_type = _header(memory, at)
                frame = memory[at + mac : at + mac + size]
                if flags & TP_STATUS_VLAN_VALID:
                    frame = with_tag(frame, tag, tag_type if flags & TP_STATUS_VLAN_TPID_VALID else _ETHERTYPE_VLAN)
                yield frame, EPOCH + timedelta(0, seconds, nanoseconds // 1000)
                at += further
            memory[start + 8 : start + 12] = b"\0\0\0\0"
            self.taken += 1

    def blocks(self) -> int:
        """Return how many blocks the ring has."""
        return self._blocks

    def fault(self) -> str | None:
        """Return what happened to the interface since the last call; None for nothing."""
        number = self.socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return errno.errorcode.get(number, str(number)) if number else None

    def close(self) -> None:
        """Close socket and memory."""
        with contextlib.suppress(BufferError):
            self._memory.close()
        super().close()


def with_tag(frame: bytes, tag: int, tag_type: int) -> bytes:
    """Return a frame with the VLAN tag that the kernel took off, as it was on the wire."""
    return frame[:12] + struct.pack("!HH", tag_type, tag & 0xFFFF) + frame[12:]
