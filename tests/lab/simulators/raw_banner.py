"""TCP services that speak first (FTP, Telnet, TVT media) or never (vendors' SDK ports, which wait for a client's hello)."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place

IDLE_S = 10.0


@dataclass(frozen=True, kw_only=True)
class RawBanner:
    """Accepts, sends `greeting` (perhaps empty), counts what it is sent and never answers it."""

    port: int
    greeting: bytes = b""

    async def start(self, place: Place) -> None:
        """Serve connections."""

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            writer.write(self.greeting)
            await writer.drain()
            while chunk := await asyncio.wait_for(reader.read(4096), IDLE_S):
                place.tally.request(f"tcp:{self.port} {chunk[:32].hex()}")
                place.tally.bytes_received += len(chunk)

        await place.serve_connections(place.tcp(self.port), talk)
