from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from camscan.collect.base import NotNeeded
from camscan.collect.interfaces import Interface
from camscan.collect.sadp_l2 import SadpL2
from tests.collect.grounds import ground

LOOPBACK = Interface(name="lo", index=1, mac="00:00:00:00:00:00", addresses=("127.0.0.1",), networks=(), up=True, loopback=True)


@pytest.mark.parametrize("interfaces", [(), (LOOPBACK,)], ids=["none", "loopback"])
def test_without_a_link_there_is_nobody_to_ask(interfaces: tuple[Interface, ...]) -> None:
    async def opened() -> None:
        made, _ = ground()
        SadpL2().open(replace(made, interfaces=interfaces))

    with pytest.raises(NotNeeded, match="link"):
        asyncio.run(opened())
