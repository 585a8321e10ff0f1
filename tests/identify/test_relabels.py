"""What a device shows on the wire against what its label says: every documented pair of brand and maker."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from camscan.identify.engine import identify_fields
from camscan.model import Confidence, Identification
from tests.shipped import shipped

ROWS: list[dict[str, Any]] = tomllib.loads(Path(__file__).with_name("relabels.toml").read_text("utf-8"))["relabel"]
every_row = pytest.mark.parametrize("row", ROWS, ids=lambda row: "-".join(row["edge"]))


def seen(*shown: dict[str, str]) -> Identification:
    """Return what a device is that shows all of these fields."""
    values = {name: value for fields in shown for name, value in fields.items()}
    mac = values.pop("mac", None)
    return identify_fields(tuple(sorted(values.items())), shipped(), mac=mac)


@every_row
def test_the_maker_on_the_wire_shows_through_the_label(row: dict[str, Any]) -> None:
    child, _, parent = row["edge"]
    found = seen(row["label"], row["wire"])
    assert (found.brand, found.maker, found.maker_basis) == (row.get("brand", child), parent, row["basis"])
    assert not [one for one in found.conflicts if one.kind == "label-differs"]


@every_row
def test_a_label_alone_is_never_taken_for_the_wire(row: dict[str, Any]) -> None:
    if any(name.startswith(("sadp.", "tplink.")) for name in row["label"]):
        pytest.skip("the label of this row is a reply in the maker's own protocol")
    found = seen(row["label"])
    assert found.brand == row.get("brand", row["edge"][0])
    assert found.maker_basis != "wire-shows-maker"


@every_row
def test_a_row_cites_an_edge_of_the_data(row: dict[str, Any]) -> None:
    edges = {(edge.child, edge.type, edge.parent) for edge in shipped().edges if edge.status == "asserted"}
    assert tuple(row["edge"]) in edges


def test_every_documented_relabel_has_a_row() -> None:
    documented = {
        (edge.child, edge.parent)
        for edge in shipped().edges
        if edge.type == "made_by" and edge.status == "asserted" and edge.confidence in ("high", "medium")
    }
    assert documented - {(row["edge"][0], row["edge"][2]) for row in ROWS} == set()


def test_a_label_over_foreign_firmware_without_any_edge_is_reported_as_a_contradiction() -> None:
    found = seen({"onvif.manufacturer": "AXIS"}, {"rtsp.auth.realm": "IP Camera(C0001)"})
    assert [one.kind for one in found.conflicts]


def test_unreadable_bytes_on_the_port_of_sadp_hint_at_its_maker_and_prove_nothing() -> None:
    found = seen({"sadp.encrypted": "true"})
    assert (found.maker, found.confidence) == ("hikvision", Confidence.TENTATIVE)
    found = seen({"sadp.encrypted": "true", "http.auth.realm": "AXIS_ACCC8E000001", "mac": "ac:cc:8e:00:00:01"})
    assert found.maker != "hikvision"
