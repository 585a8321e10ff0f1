"""What follows from the words of a recorder about the cameras behind it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from camscan.identify.channels import MAX_CHANNELS, channels_of, range_of, total
from camscan.identify.rules import Knowledge
from camscan.model import Channel, ChannelRange, Fields, Identification
from tests.shipped import shipped as shipped_knowledge

RECORDER = Identification(kind="nvr", brand="hikvision", maker="hikvision", model="DS-7608NI-K2/8P")


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return shipped_knowledge()


def listed(*texts: str) -> list[Fields]:
    return [tuple(("isapi.channel", text) for text in texts)]


def test_a_listed_channel_has_the_maker_that_its_protocol_names(knowledge: Knowledge) -> None:
    messages = listed("1|Gate|HIKVISION|DS-2CD2143G2-I|192.168.254.2", "2|Yard|AXIS||192.168.254.3")
    messages.append((("isapi.channel_state", "1|online"), ("isapi.channel_state", "2|offline")))
    assert channels_of(messages, RECORDER, knowledge) == (
        Channel(
            number=1,
            brand="hikvision",
            maker="hikvision",
            model="DS-2CD2143G2-I",
            address="192.168.254.2",
            online=True,
            source="ISAPI channel list, protocol HIKVISION",
        ),
        Channel(
            number=2,
            brand="axis",
            maker="axis",
            address="192.168.254.3",
            online=False,
            source="ISAPI channel list, protocol AXIS",
        ),
    )


@pytest.mark.parametrize("protocol", ["ONVIF", "onvif", "RTSP", "", "no such maker"])
def test_a_protocol_of_many_makers_names_none(knowledge: Knowledge, protocol: str) -> None:
    (channel,) = channels_of(listed(f"1|Gate|{protocol}|FD9189-H|192.168.254.2"), RECORDER, knowledge)
    assert (channel.brand, channel.maker, channel.model) == (None, None, "FD9189-H")


def test_video_sources_count_where_no_list_was_told_and_profiles_give_them_names(knowledge: Knowledge) -> None:
    sources = tuple(("onvif.channel", f"{n}||VS_{n}") for n in (1, 2))
    profiles = (("onvif.channel", "1|Yard main|VS_2"),)
    told = channels_of([sources, profiles], RECORDER, knowledge)
    assert [(one.number, one.source) for one in told] == [
        (1, "ONVIF video source VS_1"),
        (2, "ONVIF video source VS_2 (Yard main)"),
    ]
    assert len(channels_of([sources, *listed("7||HIKVISION||")], RECORDER, knowledge)) == 1


def test_the_lenses_of_a_camera_are_no_channels(knowledge: Knowledge) -> None:
    messages: list[Fields] = [(("onvif.channel", "1||VS_1"), ("onvif.channel", "2||VS_2"))]
    assert channels_of(messages, replace(RECORDER, kind="camera"), knowledge) == ()


def test_the_order_of_messages_does_not_matter(knowledge: Knowledge) -> None:
    messages = [*listed("2|b|ONVIF||", "1|a|HIKVISION||"), *listed("1|a|HIKVISION||"), (("isapi.channel_state", "1|online"),)]
    assert channels_of(messages, RECORDER, knowledge) == channels_of(messages[::-1], RECORDER, knowledge)


def test_a_range_rests_on_what_was_stated_and_on_the_grammar_of_the_model(knowledge: Knowledge) -> None:
    assert range_of([(("sadp.channels", "0+8"),)], RECORDER, knowledge) == ChannelRange(
        at_least=0, at_most=8, source="model DS-7608NI-K2/8P; sadp.channels 0+8"
    )
    hybrid = replace(RECORDER, kind="dvr", model="DS-7804HQH-K1")
    assert range_of([(("sadp.channels", "4+5"),)], hybrid, knowledge) == ChannelRange(
        at_least=0, at_most=9, source="model DS-7804HQH-K1; sadp.channels 4+5"
    )


@pytest.mark.parametrize(
    "found",
    [
        replace(RECORDER, kind="camera"),
        replace(RECORDER, model="DS-something"),
        replace(RECORDER, model=None),
        replace(RECORDER, brand="acti", maker="acti"),
    ],
)
def test_nothing_is_inferred_of_others_and_of_recorders_that_show_nothing(knowledge: Knowledge, found: Identification) -> None:
    assert range_of([(("http.status", "200"),)], found, knowledge) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [("8", 8), ("0+8", 8), ("4+5", 9), ("", None), ("8+", None), ("-1", None), ("99999", None), ("٣", None)],
)
def test_only_small_plain_numbers_are_added(text: str, expected: int | None) -> None:
    assert total(text) == expected


@given(texts=st.lists(st.text(alphabet="0123456789|HIKVISON +x", max_size=40), max_size=20))
def test_any_words_of_a_recorder_are_bounded(texts: list[str]) -> None:
    empty = Knowledge(
        fields={},
        vendors={},
        fingerprints=(),
        models={},
        serials={},
        edges=(),
        oui=None,  # type: ignore[arg-type]
        display={},
        version="",
    )
    messages: list[Fields] = [
        tuple((name, text) for text in texts) for name in ("isapi.channel", "onvif.channel", "sadp.channels")
    ]
    for channel in channels_of(messages, RECORDER, empty):
        assert 0 <= channel.number <= 99999
    inferred = range_of(messages, RECORDER, empty)
    assert inferred is None or 0 < inferred.at_most <= MAX_CHANNELS
