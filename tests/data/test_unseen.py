"""Replies that no fingerprint was written from: grammar must recognise them, and other devices must not become cameras."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from camscan.identify.engine import identify_fields
from camscan.model import CAMERA_KINDS, Identification
from tests.shipped import shipped

REPLIES: dict[str, list[dict[str, Any]]] = tomllib.loads(Path(__file__).with_name("unseen.toml").read_text("utf-8"))
STATED = ("kind", "form", "brand", "maker", "model", "firmware", "serial")


def identified(shown: dict[str, str]) -> Identification:
    values = {name: value for name, value in shown.items() if name != "mac"}
    return identify_fields(tuple(sorted(values.items())), shipped(), mac=shown.get("mac"))


def named(shown: dict[str, str]) -> str:
    """Return the name of a case: its first field, and the beginning of its value."""
    name, value = next(iter(shown.items()))
    return f"{name}={value.strip()[:40]}"


@pytest.mark.parametrize(
    ("vendor", "reply"),
    [
        pytest.param(group["vendor"], reply, id=f"{group['vendor']}-{named(reply['fields'])}")
        for group in REPLIES["camera"]
        for reply in group["replies"]
    ],
)
def test_a_camera_s_reply_is_recognised_by_its_grammar(vendor: str, reply: dict[str, Any]) -> None:
    found = identified(reply["fields"])
    assert vendor in (found.brand, found.maker)
    assert {name: getattr(found, name) for name in STATED if name in reply} == {n: reply[n] for n in STATED if n in reply}


@pytest.mark.parametrize(
    "reply",
    [pytest.param(reply, id=named(reply["fields"])) for group in REPLIES["anonymous"] for reply in group["replies"]],
)
def test_a_camera_that_names_nobody_is_a_camera_of_nobody(reply: dict[str, Any]) -> None:
    found = identified(reply["fields"])
    assert (found.brand, found.maker, found.kind) == (None, None, reply["kind"])


@pytest.mark.parametrize("shown", [pytest.param(one, id=named(one)) for group in REPLIES["other"] for one in group["replies"]])
def test_another_device_never_becomes_a_camera(shown: dict[str, str]) -> None:
    assert identified(shown).kind not in CAMERA_KINDS
