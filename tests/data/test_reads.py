"""Self-test of fingerprints/reads/. A new read needs its line in ALLOWED: what is sent to devices is decided by people, not by data."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from camscan.datafiles.cache import document_of, knowledge_of, row
from camscan.datafiles.contents import read_contents
from camscan.datafiles.reads import ReadEntry, check_reads, load_reads, read_files
from camscan.errors import DataFileError
from camscan.identify.reads import NEVER, message
from tests.shipped import shipped

ROOT = Path(__file__).parents[2] / "fingerprints"

ALLOWED = {
    (b"GET /-wvhttp-01-/info.cgi HTTP/1.1", b""),
    (b"GET /LAPI/V1.0/System/DeviceInfo HTTP/1.1", b""),
    (b"GET /SDK/activateStatus HTTP/1.1", b""),
    (b"GET /about.html HTTP/1.1", b""),
    (b"GET /api/2.0/bootstrap HTTP/1.1", b""),
    (b"GET /axis-cgi/prod_brand_info/getbrand.cgi HTTP/1.1", b""),
    (b"GET /cgi-bin/nobody/Machine.cgi?action=get_capability HTTP/1.1", b""),
    (b"GET /cgi-bin/param.cgi?get_device_conf HTTP/1.1", b""),
    (b"GET /command/inquiry.cgi?inqjs=sysinfo HTTP/1.1", b""),
    (b"GET /common/info.cgi HTTP/1.1", b""),
    (b"GET /get?model=releasename HTTP/1.1", b""),
    (b"GET /get_status.cgi HTTP/1.1", b""),
    (b"GET /prod HTTP/1.1", b""),
    (b"GET /profile HTTP/1.1", b""),
    (
        b"POST /axis-cgi/basicdeviceinfo.cgi HTTP/1.1",
        b'{"apiVersion":"1.0","method":"getAllUnrestrictedProperties"}',
    ),
    (b"POST /cgi-bin/api.cgi HTTP/1.1", b""),
}
"""Request line and body of everything that may leave."""

NEVER_CALLED = """/System/configurationFile?auth=YWRtaW46MTEK
/current_config/passwd
/cgi-bin/main-cgi?json={"cmd":255}
/self.key
/device.rsp?opt=user&cmd=list
/CGI/Record/DownLoad?ID=1
/command/prima-factory.cgi
/config/getuser?index=0
/PictureCatch.cgi
/JpegStream.cgi
//proc/kcore
/web_caps/webCapsConfig
/axis-cgi/../etc/passwd
/axis-cgi/%2e%2e/etc
/cgi-bin/configManager.cgi?action=setConfig
/ISAPI/System/reboot
/RPC2_Login""".splitlines()
"""Paths that give away credentials, let somebody in without any, change a device or count as an attempt to log in."""

TABLE = {
    "id": "acme.http.read",
    "makers": ["axis"],
    "source": "made up",
    "examples": [{"answer": "A", "gives": {"model": "A"}}],
}


def test_what_is_sent_is_exactly_what_is_allowed() -> None:
    sent = set()
    for read in shipped().reads:
        raw = message(read.method, read.path, "192.0.2.7", "camscan/0", read.body.encode(), read.content_type)
        head, _, body = raw.partition(b"\r\n\r\n")
        sent.add((head.split(b"\r\n", 1)[0], body))
    assert sent == ALLOWED


def test_no_header_of_a_read_carries_credentials() -> None:
    for read in shipped().reads:
        raw = message(read.method, read.path, "192.0.2.7", "camscan/0", read.body.encode(), read.content_type).lower()
        assert b"authorization" not in raw
        assert b"cookie" not in raw


@pytest.mark.parametrize("path", NEVER_CALLED)
def test_a_read_of_what_is_never_called_is_refused_as_data(path: str) -> None:
    with pytest.raises(ValueError, match=r"never sent|pattern"):
        ReadEntry.model_validate(TABLE | {"path": path})
    assert not any(path in read.path for read in shipped().reads)


@pytest.mark.parametrize("part", NEVER)
def test_a_body_may_not_hold_what_a_path_may_not(part: str) -> None:
    with pytest.raises(ValueError, match="never sent"):
        ReadEntry.model_validate(TABLE | {"path": "/a", "method": "POST", "body": f"x{part.upper()}"})


@pytest.mark.parametrize("method", ["PUT", "DELETE", "HEAD", "get"])
def test_other_methods_are_refused(method: str) -> None:
    with pytest.raises(ValueError, match="method"):
        ReadEntry.model_validate(TABLE | {"path": "/a", "method": method})


@pytest.mark.parametrize("path", ["a", "/a b", "/a\r\nCookie: x", "http://192.0.2.9/", ""])
def test_a_path_cannot_leave_its_line_or_name_another_host(path: str) -> None:
    with pytest.raises(ValueError, match="path"):
        ReadEntry.model_validate(TABLE | {"path": path})


def test_every_example_answer_gives_what_its_file_says() -> None:
    assert list(check_reads(ROOT, shipped())) == []


def test_an_example_that_gives_something_else_is_named(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "reads", tmp_path / "reads")
    file = tmp_path / "reads" / "canon.toml"
    file.write_text(file.read_text().replace('firmware = "1.0.2"', 'firmware = "9.9.9"'))
    ((name, entry, problem),) = check_reads(tmp_path, shipped())
    assert name.endswith("reads/canon.toml")
    assert entry == "entry canon.info"
    assert problem == "example 1 gives firmware '1.0.2', not '9.9.9'"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('makers = ["canon"]', 'makers = ["canonn"]', "maker canonn has no file"),
        ('field = "http.title"', 'field = "http.tittle"', "http.tittle is not in fields.toml"),
        ('path = "/-wvhttp-01-/info.cgi"', 'path = "/self.key"', "never sent"),
        ('id = "canon.info"', 'id = "axis.getbrand"', "used twice"),
    ],
)
def test_a_mistake_in_a_file_is_named_with_its_entry(tmp_path: Path, old: str, new: str, words: str) -> None:
    shutil.copytree(ROOT / "reads", tmp_path / "reads")
    file = tmp_path / "reads" / "canon.toml"
    assert old in file.read_text()
    file.write_text(file.read_text().replace(old, new))
    with pytest.raises(DataFileError, match=words) as fault:
        load_reads(tmp_path, shipped().fields, shipped().vendors)
    assert "reads/canon.toml: entry " in str(fault.value)


def test_what_the_cache_gives_back_are_the_same_reads() -> None:
    again = knowledge_of(json.loads(json.dumps(document_of(shipped()))), read_contents(ROOT))
    assert [row(one) for one in again.reads] == [row(one) for one in shipped().reads]
    assert {type(one.when) for one in again.reads} == {tuple}


def test_each_file_is_named_for_a_maker_of_its_reads() -> None:
    for path, file in read_files(ROOT):
        for entry in file.read:
            assert path.stem in entry.makers
            assert entry.id.startswith(f"{path.stem}.")
