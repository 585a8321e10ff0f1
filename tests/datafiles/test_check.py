from __future__ import annotations

from pathlib import Path

import pytest

from camscan.datafiles.check import check_data
from tests.small_data import ACME, OTHERS, ZENITH, write_data


def problems(tmp_path: Path, **changed: str) -> list[str]:
    found, _ = check_data(write_data(tmp_path, **changed))
    return [str(one) for one in found]


def test_sound_files_pass_and_are_counted(tmp_path: Path) -> None:
    found, covered = check_data(write_data(tmp_path))
    assert found == []
    acme = next(one for one in covered if one.vendor == "acme")
    assert (acme.fingerprints, acme.registrants, acme.models) == (8, 2, 2)
    assert acme.protocols == ("http", "rtsp", "sadp", "wsd")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (('text = "ACME_001122AABBCC"', 'text = "NOPE"'), "acme.http.realm: example 'NOPE' is not matched"),
        (('gives = { mac = "00:11:22:aa:bb:cc" }', "gives = {}"), "acme.http.realm: example 'ACME_001122AABBCC' gives {'mac':"),
        (('counter = ["ACME_router"]', 'counter = ["ACME"]'), "acme.http.realm: counter 'ACME' is matched"),
        (('mac = "{mac}"', 'mac = "{mak}"'), "gives mac uses {mak}, which no match captures"),
        ((', mac = "{mac}"', ""), "group mac is captured and not used"),
        (('id = "acme.http.realm"', 'id = "acma.http.realm"'), "the id must start with acme."),
        (
            ('gives = { brand = "acme-home" }', 'gives = { brand = "acme-away" }'),
            "gives brand acme-away, which no vendor file describes",
        ),
        (('"Acme Video Co., Ltd."', '"Acme Video Co.,Ltd."'), 'registrant "Acme Video Co.,Ltd." is not in oui/registry.txt'),
        (('"Acme Home Ltd."', '"Acme Video Co., Ltd."'), "is also claimed by"),
        (('examples = ["A100R"]', 'examples = ["A100P"]'), 'model 2: example "A100P"'),
        (("made_on = 2021-03-04", "made_on = 2021-03-05"), "gives 2021-03-04, not 2021-03-05"),
        (("(?P<date>20[0-9]{6})", "(?P<day>20[0-9]{6})"), "the pattern must capture date"),
        (("channels = 16", "channels = 8"), 'channels 1: example "A16R" gives 16, not 8'),
        (("(?P<channels>[0-9]+)R", "(?P<number>[0-9]+)R"), "channels 1: the pattern must capture channels"),
        (('counter = ["A16P"]', 'counter = ["A16R-2"]'), 'counter "A16R-2" gives a number of channels'),
        (('aliases = ["acme-video"]', 'aliases = ["zenith"]'), "alias zenith is a vendor of its own"),
        (('id = "acme.rtsp.realm"', 'id = "acme.http.realm"'), "the id is used twice"),
    ],
)
def test_each_mistake_is_found(tmp_path: Path, change: tuple[str, str], complaint: str) -> None:
    assert change[0] in ACME
    assert any(complaint in one for one in problems(tmp_path, acme=ACME.replace(*change, 1)))


def test_example_that_another_vendor_claims_as_strongly_is_a_conflict(tmp_path: Path) -> None:
    clash = ZENITH.replace('prefix = "Zenith-Webs"', 'contains = "Webs"')
    other = OTHERS.replace('text = "Printworks/2"', 'text = "Printworks-Webs"')
    found = problems(tmp_path / "a", zenith=clash, printworks=other)
    assert any("is also zenith.http.server (firm), which says brand zenith" in one for one in found)
    declared = other.replace(
        'prefix = "Printworks" }', 'prefix = "Printworks" }\nshares_with = ["zenith.http.server"]\nnote = "made up"', 1
    )
    assert problems(tmp_path / "b", zenith=clash, printworks=declared) == []
    weaker = clash.replace('confidence = "firm"', 'confidence = "tentative"', 1)
    assert problems(tmp_path / "c", zenith=weaker, printworks=other) == []


def test_file_of_no_cameras_may_not_give_a_camera(tmp_path: Path) -> None:
    found = problems(tmp_path, printworks=OTHERS.replace('kind = "software"', 'kind = "nvr"'))
    assert any("gives kind nvr in a file that is marked non_camera" in one for one in found)


def test_standard_may_not_name_a_brand(tmp_path: Path) -> None:
    folder = write_data(tmp_path)
    path = folder / "standards.toml"
    path.write_text(path.read_text().replace('model = "{value}"', 'model = "{value}", brand = "acme"'))
    found, _ = check_data(folder)
    assert [one.problem for one in found] == ["a standard names no brand and no maker"]
