from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from camscan.cli.identify import MAX_LINE
from tests.small_data import ACME_MAC, RELABEL_MAC, write_data

SADP = b"""<?xml version="1.0" encoding="utf-8"?><ProbeMatch><Uuid>0</Uuid><Types>inquiry</Types><DeviceType>1</DeviceType>
<DeviceDescription>A100P</DeviceDescription><DeviceSN>A100P20210304AA</DeviceSN><MAC>00-11-22-00-00-01</MAC></ProbeMatch>"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write_data(tmp_path_factory.mktemp("data"))
    shipped = (Path(__file__).parents[2] / "fingerprints" / "fields.toml").read_text("utf-8")
    (root / "fields.toml").write_text(shipped, "utf-8")
    return root


def run(folder: Path, *lines: bytes | dict[str, Any], file: str = "-") -> tuple[int, list[dict[str, Any]], str]:
    feed = b"".join((line if isinstance(line, bytes) else json.dumps(line).encode()) + b"\n" for line in lines)
    command = [sys.executable, "-m", "camscan", "identify", file, "--data", str(folder)]
    done = subprocess.run(command, input=feed, capture_output=True, timeout=60, check=False)
    return done.returncode, [json.loads(line) for line in done.stdout.splitlines()], done.stderr.decode()


def test_three_forms_of_input_are_answered_in_order(folder: Path) -> None:
    code, answers, _ = run(
        folder,
        {"id": 1, "field": "http.auth.realm", "value": "ACME"},
        {"id": "zwei", "fields": {"http.title": "Relabel", "mac": [RELABEL_MAC.upper()]}},
        {"id": None, "protocol": "sadp", "payload_base64": base64.b64encode(SADP).decode()},
        {"id": [4], "field": "mac", "value": ACME_MAC.replace(":", "-")},
        {"id": 5, "field": "http.title", "value_base64": base64.b64encode("Acme Ü".encode("latin-1")).decode()},
        {"id": 6, "field": "http.server", "value": "nginx"},
    )
    assert code == 0
    assert [one["id"] for one in answers] == [1, "zwei", None, [4], 5, 6]
    assert [one["brand"] for one in answers] == [None, "relabel", "acme", "acme", "acme", None]
    assert [one["maker"] for one in answers] == ["acme", "acme", "acme", "acme", "acme", None]
    assert answers[1]["maker_basis"] == "documented-relabel"
    assert (answers[2]["model"], answers[2]["serial"], answers[2]["form"]) == ("A100P", "A100P20210304AA", "ptz")
    assert answers[4]["model"] == "Ü"
    assert answers[5]["kind"] == "unknown"
    assert answers[5]["confidence"] is None
    keys = "id kind form brand maker maker_basis model firmware serial confidence evidence alternatives conflicts"
    assert all(set(one) == set(keys.split()) for one in answers)
    assert set(answers[0]["evidence"][0]) == {"fingerprint", "field", "value", "observation", "layer"}


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b"nonsense", "not JSON"),
        (b"[1]", "not a JSON object"),
        (b"\xff\xfe", "not JSON"),
        (b'{"id": NaN, "field": "mac", "value": "x"}', "not JSON"),
        (b"[" * 100_000, "not JSON"),
        ({"id": 7}, 'give one of "field", "fields" and "protocol"'),
        ({"id": 7, "field": "http.server", "fields": {}}, "give one of"),
        ({"id": 7, "field": "http.sever", "value": "x"}, "did you mean http.server?"),
        ({"id": 7, "field": "http.server"}, 'give "value" or "value_base64"'),
        ({"id": 7, "field": "http.server", "value": 1}, '"value" must be a text'),
        ({"id": 7, "field": 1, "value": "x"}, '"field" must be a text'),
        ({"id": 7, "field": "http.server", "value": "x", "vlaue": "y"}, 'unknown key "vlaue"'),
        ({"id": 7, "field": "http.server", "value_base64": "%"}, "is not base64"),
        ({"id": 7, "field": "mac", "value": "00:11"}, "is not a MAC address"),
        ({"id": 7, "fields": []}, '"fields" must be an object'),
        ({"id": 7, "fields": {"http.server": [1]}}, "must be a text or a list of texts"),
        ({"id": 7, "protocol": "telepathy", "payload_base64": ""}, "no codec for protocol"),
        ({"id": 7, "protocol": "sadp"}, '"payload_base64" is missing'),
        ({"id": 7, "protocol": "sadp", "payload_base64": "AAAA"}, "no sadp message"),
    ],
)
def test_bad_line_is_answered_in_place_and_the_rest_goes_on(folder: Path, line: bytes | dict[str, Any], complaint: str) -> None:
    good = {"id": "good", "field": "http.auth.realm", "value": "ACME"}
    code, answers, closing = run(folder, good, line, good)
    assert code == 2
    assert [one.get("maker") for one in answers] == ["acme", None, "acme"]
    assert set(answers[1]) == {"id", "error"}
    assert answers[1]["error"].startswith("line 2: ")
    assert complaint in answers[1]["error"]
    assert answers[1]["id"] == (7 if isinstance(line, dict) else None)
    assert "1 bad line" in closing


def test_overlong_line_is_one_bad_line(folder: Path) -> None:
    good = {"id": 1, "field": "http.auth.realm", "value": "ACME"}
    code, answers, _ = run(folder, b'{"id": 1, "field": "http.server", "value": "' + b"x" * (2 * MAX_LINE) + b'"}', good)
    assert code == 2
    assert answers[0]["error"] == f"line 1: longer than {MAX_LINE} bytes"
    assert answers[1]["maker"] == "acme"


def test_hostile_text_leaves_as_plain_ascii(folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    hostile = "Acme \x1b]8;;http://192.0.2.1\x07\u202e\ud800"
    lines = [{"id": "\x1b[2J", "field": "http.title", "value": hostile}, {"id": "\x7f", "field": "http.title", "value": "Acme"}]
    source.write_text("".join(json.dumps(line) + "\n\n" for line in lines))
    command = [sys.executable, "-m", "camscan", "identify", str(source), "--data", str(folder)]
    done = subprocess.run(command, capture_output=True, timeout=60, check=False)
    assert done.returncode == 0
    assert all(32 <= byte < 127 or byte == 10 for byte in done.stdout)
    answers = done.stdout.decode("ascii").splitlines()
    assert len(answers) == 2
    assert [json.dumps(json.loads(answer), separators=(",", ":")) for answer in answers] == answers


def test_several_processes_give_the_same_answers_in_the_same_order(folder: Path, tmp_path: Path) -> None:
    source = tmp_path / "in.jsonl"
    with source.open("w", encoding="utf-8") as file:
        for number in range(5000):
            value = (
                "nonsense" if number == 4321 else json.dumps({"id": number, "field": "http.title", "value": f"Acme A{number}"})
            )
            file.write(value + "\n")
    command = [sys.executable, "-m", "camscan", "identify", str(source), "--data", str(folder)]
    alone, several = (
        subprocess.run([*command, *jobs], capture_output=True, timeout=60, check=False) for jobs in ([], ["--jobs", "3"])
    )
    assert alone.returncode == several.returncode == 2
    assert alone.stdout == several.stdout
    assert alone.stderr == several.stderr
    answers = [json.loads(line) for line in several.stdout.splitlines()]
    assert [one["id"] for one in answers] == [None if number == 4321 else number for number in range(5000)]
    assert answers[4321]["error"] == "line 4322: not JSON"


def test_unreadable_file_is_a_usage_error(folder: Path, tmp_path: Path) -> None:
    code, answers, closing = run(folder, file=str(tmp_path / "none.jsonl"))
    assert (code, answers) == (2, [])
    assert "none.jsonl: No such file" in closing


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_answer_is_there_before_the_next_line_is_sent(folder: Path, jobs: str) -> None:
    command = [sys.executable, "-m", "camscan", "identify", "-", "--data", str(folder), "--jobs", jobs]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(3):
            process.stdin.write(json.dumps({"id": number, "field": "http.auth.realm", "value": "ACME"}).encode() + b"\n")
            process.stdin.flush()
            assert json.loads(process.stdout.readline())["id"] == number
        process.stdin.close()
        assert process.wait(30) == 0
