"""Credentials that others send past us are in nothing that camscan writes or says."""

from __future__ import annotations

import json
from base64 import b64decode
from binascii import Error as NotBase64
from collections.abc import Iterator

import pytest

from camscan.report.registry import FORMATS
from tests.e2e.conftest import camscan
from tests.planted import CAMERA, MACS, PERSON, RECORDER, Capture, capture


@pytest.fixture(scope="module")
def planted() -> Capture:
    return capture()


@pytest.fixture(scope="module")
def artefacts(planted: Capture, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """Everything that camscan makes of the capture, by the name of what it is."""
    folder = tmp_path_factory.mktemp("planted")
    path = folder / "others.pcap"
    path.write_bytes(planted.file())
    outputs = [folder / f"report{module.SUFFIX}" for module in FORMATS.values()] + [folder / "run.obs.jsonl"]
    chosen = ("--policy", "uk-department", "--site", "class=sensitive", "--inventory")
    done = camscan("replay", str(path), *chosen, *(word for output in outputs for word in ("-o", str(output))))
    assert done.returncode in (3, 4), done.stderr
    found = {output.name: output.read_bytes() for output in outputs}
    found |= {"stdout": done.stdout.encode(), "stderr": done.stderr.encode()}
    for module in FORMATS.values():
        shown = camscan("replay", str(folder / "run.obs.jsonl"), *chosen, "--format", module.NAME)
        found |= {f"again {module.NAME}": shown.stdout.encode(), f"again {module.NAME} stderr": shown.stderr.encode()}
    for ip in (CAMERA, RECORDER, PERSON):
        told = camscan("explain", ip, "--run", str(folder / "run.obs.jsonl"), *chosen[:4])
        found[f"explain {ip}"] = (told.stdout + told.stderr).encode()
    return found


def haystacks(artefacts: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """Give each artefact, and what is in base64 within it."""
    for name, content in artefacts.items():
        yield name, content
        for word in content.replace(b"'", b'"').split(b'"'):
            if len(word) >= 8 and b" " not in word:
                try:
                    yield f"{name}, in base64", b64decode(word, validate=True)
                except (NotBase64, ValueError):
                    continue


def test_the_capture_holds_what_is_looked_for(planted: Capture) -> None:
    whole = b"".join(planted.frames)
    assert len(planted.secrets) > 120
    present = [secret for secret in planted.secrets if secret in whole]
    assert len(present) > 80  # the others are in base64, escaped, or cut over two segments


def test_no_secret_of_others_is_anywhere(planted: Capture, artefacts: dict[str, bytes]) -> None:
    assert [
        (name, secret)
        for name, content in haystacks(artefacts)
        for secret in planted.secrets
        if secret.lower() in content.lower()
    ] == []


def test_what_the_same_messages_say_of_the_devices_is_kept(artefacts: dict[str, bytes]) -> None:
    report = json.loads(artefacts["report.json"])
    said = {
        mac: {tuple(pair) for seen in asset["observations"] for pair in pairs_of(seen)}
        for asset in report["assets"]
        for mac in asset["macs"]
    }
    camera, recorder, person = (said[MACS[ip]] for ip in (CAMERA, RECORDER, PERSON))
    assert {
        ("http.server", "App-webs/"),
        ("http.title", "Station"),
        ("http.auth.realm", "IPC"),
        ("http.header", "set-cookie: WebSession"),
        ("http.host", "home.example.com"),
        ("rtsp.server", "Rtsp Server/2.0"),
        ("snmp.sysdescr", "Camera"),
        ("ftp.banner", "220-Camera FTP\n220 ready"),
        ("telnet.banner", "BusyBox camera\ncamera login: "),
    } <= camera
    assert any(name == "rtsp.sdp" and "s=Media Presentation" in value for name, value in camera)
    assert any(name == "http.user_agent" and value.startswith("Cam/1.0") for name, value in camera)
    assert ("rtsp.user_agent", "Recorder/3") in recorder
    assert ("http.user_agent", "Browser/5.0") in person


def pairs_of(seen: dict[str, object]) -> list[tuple[str, str]]:
    fields = seen["fields"]
    assert isinstance(fields, (dict, list))
    if isinstance(fields, list):
        return [(str(name), str(value)) for name, value in fields]
    return [(name, value) for name, values in fields.items() for value in (values if isinstance(values, list) else [values])]
