"""Of what a host that is no camera says to everybody: where it is, what shows its class, and no name of it or of a person."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from camscan.identify.minimise import PRESENCE
from camscan.identify.products import OF_PRODUCTS
from camscan.identify.proof import proving
from camscan.identify.rules import Knowledge
from camscan.model import Evidence, Fields

RECOGNISABLE = frozenset(
    {"rtsp.auth.realm", "ssdp.st", "ssdp.nt", "lldp.system_description", "cdp.version", "gvcp.note", "dlink.text"}
)
"""Fields that speak of the product too, though somebody may have changed them."""
_OF_PLACES = frozenset({"ip", "mac"})
"""Last words of fields that hold an address."""
_TYPES = ("urn:", "upnp:", "ssdp:all")
"""How values of SSDP begin that name a type of device, and no device."""
_ANNOUNCED_TYPES = frozenset({"ssdp.st", "ssdp.nt"})
_TXT = "mdns.txt"
_PRODUCT_KEYS = frozenset(
    {
        "am",
        "firmware",
        "fv",
        "fw",
        "manufacturer",
        "md",
        "mdl",
        "mfg",
        "model",
        "model_number",
        "osxvers",
        "product",
        "rpmd",
        "ty",
        "usb_mdl",
        "usb_mfg",
        "vendor",
        "version",
    }
)
"""Keys of TXT records under which maker, model and version stand."""


@dataclass(frozen=True, slots=True)
class Marks:
    """By what a host is known."""

    evidence: tuple[Evidence, ...]
    settled: bool
    """It is positively known as something else; nothing is kept for a better judgement."""
    knowledge: Knowledge

    def left_of(self, said: Fields) -> Fields:
        """Return what is kept of a message."""
        proof = proving(said, self.evidence, self.knowledge)
        return tuple(sorted({left for pair in said for left in self._left_of(pair, proof)}))

    def _left_of(self, pair: tuple[str, str], proof: Mapping[tuple[str, str], Fields]) -> Fields:
        name, value = pair
        if name in PRESENCE or name.rpartition(".")[2] in _OF_PLACES:
            return (pair,)
        if pair in proof:
            return (pair,) if name in OF_PRODUCTS else proof[pair]
        if self.settled:
            return ()
        recognisable = name in OF_PRODUCTS or name in self.knowledge.claims or (name == _TXT and _is_of_product(value))
        if name in _ANNOUNCED_TYPES:
            recognisable = value.startswith(_TYPES)
        return (pair,) if recognisable or (name in RECOGNISABLE and name not in _ANNOUNCED_TYPES) else ()


def _is_of_product(text: str) -> bool:
    return text.partition("=")[0].lower() in _PRODUCT_KEYS
