"""What the formats say of the cameras behind recorders: told, inferred, or neither; never as devices."""

from __future__ import annotations

import dataclasses

import pytest

from camscan.model import AssessedAsset, Channel, ChannelRange, Report, Verdict
from camscan.report import view
from camscan.report.chain import behind
from camscan.report.json import to_document
from camscan.report.table import render
from tests.report import making
from tests.report.test_json import check

TOLD = (
    Channel(
        number=1,
        brand="hikvision",
        maker="hikvision",
        model="DS-2CD2143G2-I",
        address="192.168.254.2",
        online=True,
        source="ISAPI channel list, protocol HIKVISION",
    ),
    Channel(number=2, source="ONVIF video source VideoSource_2"),
)
INFERRED = ChannelRange(at_least=0, at_most=8, source="model DS-7608NI-K2")


def recorder(number: int, **known: object) -> AssessedAsset:
    device = making.assessed(
        number, Verdict.PROHIBITED, making.finding(Verdict.PROHIBITED), identification=making.known(kind="nvr")
    )
    return dataclasses.replace(device, **known)  # type: ignore[arg-type]


def report_of(*devices: AssessedAsset) -> Report:
    return making.report(*devices)


def test_channels_that_were_told_stand_with_their_recorder_and_are_no_devices() -> None:
    report = report_of(recorder(11, channels=TOLD))
    document = to_document(report)
    check().validate(document)
    (asset,) = document["assets"]
    assert asset["channels"][0] == {
        "number": 1,
        "brand": "hikvision",
        "maker": "hikvision",
        "model": "DS-2CD2143G2-I",
        "address": "192.168.254.2",
        "online": True,
        "source": "ISAPI channel list, protocol HIKVISION",
    }
    counts = document["counts"]
    assert (counts["devices"], counts["channels_behind_recorders"], counts["channels_inferred_at_most"]) == (1, 2, 0)
    assert counts["cameras_at_most"] == 1


def test_a_range_is_no_count_and_says_what_it_rests_on() -> None:
    report = report_of(recorder(11, channels_inferred=INFERRED))
    document = to_document(report)
    check().validate(document)
    assert document["assets"][0]["channels_inferred"] == {"at_least": 0, "at_most": 8, "source": "model DS-7608NI-K2"}
    counts = document["counts"]
    assert (counts["devices"], counts["channels_behind_recorders"], counts["channels_inferred_at_most"]) == (1, None, 8)


def test_one_recorder_that_shows_nothing_leaves_the_whole_open() -> None:
    report = report_of(recorder(11, channels_inferred=INFERRED), recorder(12))
    assert view.totals(report).channels_at_most is None


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"channels": TOLD}, "the 2 channels that 1 recorder told, known by the recorder's word alone"),
        ({"channels_inferred": INFERRED}, "what stands behind 1 recorder: 0 to 8 channels, not inspectable from here"),
        ({}, "what stands behind 1 recorder;"),
    ],
)
def test_the_table_says_what_was_not_seen_behind_a_recorder(known: dict[str, object], words: str) -> None:
    shown = render(report_of(recorder(11, **known)))
    assert words in next(line for line in shown.splitlines() if line.startswith("Not seen: "))


def test_the_chain_lists_each_channel_with_its_source() -> None:
    assert list(behind(recorder(11, channels=TOLD)))[2:] == [
        "  channel 1: hikvision DS-2CD2143G2-I at 192.168.254.2, online (ISAPI channel list, protocol HIKVISION)",
        "  channel 2: camera not named (ONVIF video source VideoSource_2)",
    ]
    assert list(behind(recorder(11, channels_inferred=INFERRED)))[-1] == (
        "  0 to 8 channels, not inspectable from here (from model DS-7608NI-K2)"
    )
    assert list(behind(recorder(11))) == []
