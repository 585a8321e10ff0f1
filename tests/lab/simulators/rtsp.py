"""An RTSP server without credentials to give: OPTIONS open or closed, DESCRIBE answered with the maker's challenge."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.lab.place import Place

IDLE_S = 5.0
PUBLIC = "OPTIONS, DESCRIBE, PLAY, PAUSE, SETUP, TEARDOWN, SET_PARAMETER, GET_PARAMETER"


@dataclass(frozen=True, kw_only=True)
class Rtsp:
    """Answers OPTIONS and DESCRIBE; `challenges` are WWW-Authenticate values, `{nonce}` in them is filled in."""

    port: int = 554
    challenges: tuple[str, ...] = ()
    """Empty: DESCRIBE is answered with `sdp`, or 404 without one."""
    server: str | None = None
    public: str = PUBLIC
    options_open: bool = True
    """False: OPTIONS is answered with the challenge too."""
    cseq: str = "CSeq"
    """The header's name as this firmware writes it."""
    date: str | None = None
    """A strftime pattern, blanks included."""
    nonce_digits: int = 32
    sdp: str | None = None
    one_request: bool = False
    """Closes the connection after one answer."""

    async def start(self, place: Place) -> None:
        """Serve requests."""

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            while True:
                head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), IDLE_S)
                place.tally.bytes_received += len(head)
                request, _, rest = head.decode("latin-1").partition("\r\n")
                place.tally.request(f"rtsp:{self.port} {request}")
                fields = {
                    name.strip().lower(): value.strip()
                    for name, _, value in (line.partition(":") for line in rest.split("\r\n"))
                }
                nonce = f"{place.chance.getrandbits(4 * self.nonce_digits):0{self.nonce_digits}x}"
                writer.write(self._answer(request.partition(" ")[0], fields.get("cseq", "0"), nonce))
                await writer.drain()
                if self.one_request:
                    return

        await place.serve_connections(place.tcp(self.port), talk)

    def _answer(self, method: str, cseq: str, nonce: str) -> bytes:
        body = ""
        if method == "OPTIONS" and (self.options_open or not self.challenges):
            status, lines = "200 OK", [f"Public: {self.public}"]
        elif method in ("OPTIONS", "DESCRIBE") and self.challenges:
            status = "401 Unauthorized"
            lines = [f"WWW-Authenticate: {challenge.replace('{nonce}', nonce)}" for challenge in self.challenges]
        elif method == "DESCRIBE" and self.sdp is not None:
            body = self.sdp
            status, lines = "200 OK", ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
        else:
            status, lines = ("404 Not Found" if method == "DESCRIBE" else "405 Method Not Allowed"), []
        head = [f"RTSP/1.0 {status}", f"{self.cseq}: {cseq}"]
        if self.server is not None:
            head.append(f"Server: {self.server}")
        if self.date is not None:
            head.append("Date: " + time.strftime(self.date, time.gmtime()))
        return ("\r\n".join([*head, *lines]) + "\r\n\r\n" + body).encode("latin-1")
