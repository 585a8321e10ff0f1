"""Output files: checked before anything is sent, replaced in one step, private, and written without capabilities too."""

from __future__ import annotations

import ctypes
import json
import os
import stat
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from camscan.errors import DeliveryError, UsageError
from camscan.report import deliver
from camscan.report.deliver import Output, open_outputs, parse_output
from camscan.report.observations import read
from camscan.report.renamer import needs_renamer
from tests.report import canned

NOBODY = 65534


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ("report.json", Output("json", Path("report.json"))),
        ("REPORT.JSON", Output("json", Path("REPORT.JSON"))),
        ("dir/report.txt", Output("table", Path("dir/report.txt"))),
        ("site.obs.jsonl", Output("observations", Path("site.obs.jsonl"))),
        ("json:report.txt", Output("json", Path("report.txt"))),
        ("observations:kept", Output("observations", Path("kept"))),
        ("./json:x.txt", Output("table", Path("json:x.txt"))),
        ("a:b.json", UsageError),
        ("report.tiff", UsageError),
        ("report", UsageError),
        ("site.isolation.txt", Output("isolation", Path("site.isolation.txt"))),
        ("jsn:report.x", UsageError),
        ("-", UsageError),
        ("json:", UsageError),
        ("", UsageError),
    ],
)
def test_the_format_of_a_file_follows_its_suffix_unless_it_is_named(spec: str, expected: Output | type[UsageError]) -> None:
    if isinstance(expected, Output):
        assert parse_output(spec) == expected
    else:
        with pytest.raises(expected):
            parse_output(spec)


def test_the_error_of_an_unknown_suffix_lists_the_known_ones() -> None:
    with pytest.raises(UsageError, match=r"\.txt, \.json, .*\.nft, .*\.obs\.jsonl"):
        parse_output("report.tiff")


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_every_output_is_written_in_its_format(in_folder: Path) -> None:
    with open_outputs(["a.json", "a.txt", "a.obs.jsonl"]) as outputs:
        written = outputs.commit(canned.every_verdict())
    assert [path.name for path in written] == ["a.json", "a.txt", "a.obs.jsonl"]
    assert names(in_folder) == {"a.json", "a.txt", "a.obs.jsonl"}
    assert json.loads(Path("a.json").read_text())["schema"] == "camscan/1"
    assert "Answer: " in Path("a.txt").read_text(encoding="utf-8")
    kept = read(Path("a.obs.jsonl"))
    assert len(kept.observations) == 9
    assert kept.ledgers["10.20.0.11"].packets == 31


@pytest.mark.parametrize("mask", [0o000, 0o022, 0o777])
def test_every_file_is_private_whatever_the_umask(in_folder: Path, mask: int) -> None:
    Path("old.json").write_text("old")
    Path("old.json").chmod(0o666)
    before = os.umask(mask)
    try:
        with open_outputs(["old.json", "new.json"]) as outputs:
            outputs.commit(canned.empty())
    finally:
        os.umask(before)
    assert [stat.S_IMODE(Path(name).stat().st_mode) for name in ("old.json", "new.json")] == [0o600, 0o600]


def test_an_existing_file_keeps_its_content_until_the_new_one_is_whole(in_folder: Path) -> None:
    Path("a.json").write_text("yesterday")
    with open_outputs(["a.json"]) as outputs:
        assert Path("a.json").read_text() == "yesterday"
        outputs.commit(canned.empty())
    assert Path("a.json").read_text() != "yesterday"


def test_a_run_that_fails_leaves_yesterdays_file_and_nothing_else(in_folder: Path) -> None:
    Path("a.json").write_text("yesterday")
    with pytest.raises(RuntimeError), open_outputs(["a.json", "b.txt"]):
        raise RuntimeError("the scan failed")
    assert names(in_folder) == {"a.json"}
    assert Path("a.json").read_text() == "yesterday"


def test_what_a_killed_run_left_is_removed_and_what_a_living_run_writes_is_not(in_folder: Path) -> None:
    Path(f".a.json.00000000{deliver.TEMPORARY}").write_text("left behind")
    with open_outputs(["a.json"]) as living:
        assert f".a.json.00000000{deliver.TEMPORARY}" not in names(in_folder)
        with open_outputs(["a.json"]) as second:
            second.commit(canned.empty())
        living.commit(canned.partial())
    assert names(in_folder) == {"a.json"}
    assert json.loads(Path("a.json").read_text())["incomplete_because"] == [
        "1 of 3 ranges not covered (vlan 40: interface down)"
    ]


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("missing/a.json", "there is no folder missing: mkdir -p"),
        ("file/a.json", "Not a directory"),
        ("json:folder", "is a folder"),
        ("link.json", "is a symbolic link"),
        ("pipe.json", "is not a regular file"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is_sent(in_folder: Path, spec: str, said: str) -> None:
    Path("file").write_text("")
    Path("folder").mkdir()
    Path("link.json").symlink_to("/etc/passwd")
    os.mkfifo("pipe.json")
    before = names(in_folder)
    with pytest.raises(UsageError, match=said):
        open_outputs(["first.json", spec])
    assert names(in_folder) == before


def test_one_file_cannot_be_named_twice(in_folder: Path) -> None:
    with pytest.raises(UsageError, match="named twice"):
        open_outputs(["a.json", f"json:{in_folder}/a.json"])
    assert names(in_folder) == set()


def full_disk(*_: object) -> Iterator[str]:
    yield "the first part"
    raise OSError(28, "No space left on device")


def test_a_full_disk_names_what_was_written_and_leaves_the_rest_as_it_was(
    in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Path("a.json").write_text("yesterday")
    written = deliver.content

    def content(form: str, *rest: object) -> object:
        return full_disk() if form == "json" else written(form, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(deliver, "content", content)
    with (
        pytest.raises(DeliveryError, match=r"a\.json: No space left on device; written: b\.txt"),
        open_outputs(["a.json", "b.txt"]) as outputs,
    ):
        outputs.commit(canned.empty())
    assert Path("a.json").read_text() == "yesterday"
    assert names(in_folder) == {"a.json", "b.txt"}


def test_a_really_full_device_is_a_delivery_error(in_folder: Path) -> None:
    with open_outputs(["a.json"]) as outputs:
        full = os.open("/dev/full", os.O_WRONLY)
        os.dup2(full, outputs.opened[0].descriptor)
        os.close(full)
        with pytest.raises(DeliveryError, match="No space left on device; no output file was written"):
            outputs.commit(canned.empty())
    assert names(in_folder) == set()


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="needs root: capabilities are given up in a child process")


class Header(ctypes.Structure):
    _fields_ = (("version", ctypes.c_uint32), ("pid", ctypes.c_int))


def give_up_capabilities() -> None:
    """As a scan does after its sockets are open."""
    empty = (ctypes.c_uint32 * 6)()
    assert ctypes.CDLL(None).capset(ctypes.byref(Header(0x20080522, 0)), ctypes.byref(empty)) == 0


def in_child(work: Callable[[], None]) -> int:
    """Run work in a child process and return its exit code: 0 when it ended without an exception."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            work()
            code = 0
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def write_without_capabilities() -> None:
    with open_outputs(["a.json", "b.txt"]) as outputs:
        assert outputs.renamer is not None
        give_up_capabilities()
        outputs.commit(canned.every_verdict())


@pytest.fixture
def folder_of_a_user(in_folder: Path) -> Path:
    os.chown(in_folder, NOBODY, NOBODY)
    in_folder.chmod(0o755)
    return in_folder


@as_root
def test_root_without_capabilities_writes_into_the_folder_of_a_user(folder_of_a_user: Path) -> None:
    assert in_child(write_without_capabilities) == 0
    assert names(folder_of_a_user) == {"a.json", "b.txt"}
    assert stat.S_IMODE(Path("a.json").stat().st_mode) == 0o600


@as_root
def test_without_the_renaming_process_that_folder_would_refuse(folder_of_a_user: Path) -> None:
    def work() -> None:
        outputs = open_outputs(["a.json"])
        assert outputs.renamer is not None
        give_up_capabilities()
        with pytest.raises(PermissionError):
            os.rename(outputs.opened[0].temporary, "a.json", src_dir_fd=outputs.opened[0].folder)
        outputs.close()

    assert in_child(work) == 0


@as_root
def test_a_file_of_another_user_in_a_sticky_folder_is_replaced(in_folder: Path) -> None:
    os.chown(in_folder, NOBODY, NOBODY)
    in_folder.chmod(0o1777)
    Path("a.json").write_text("of a user")
    os.chown("a.json", NOBODY, NOBODY)
    assert in_child(write_without_capabilities) == 0
    assert Path("a.json").read_text() != "of a user"


@as_root
def test_unfinished_files_are_removed_there_too_when_a_run_fails(folder_of_a_user: Path) -> None:
    def work() -> None:
        outputs = open_outputs(["a.json"])
        give_up_capabilities()
        outputs.close()

    assert in_child(work) == 0
    assert names(folder_of_a_user) == set()


@as_root
def test_unfinished_files_are_removed_when_the_program_is_killed(folder_of_a_user: Path) -> None:
    def work() -> None:
        open_outputs(["a.json"])
        give_up_capabilities()
        os.kill(os.getpid(), 9)

    assert in_child(work) == -9
    deadline = time.monotonic() + 10
    while names(folder_of_a_user) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert names(folder_of_a_user) == set()


@as_root
def test_no_process_is_kept_where_the_folder_stays_writable(in_folder: Path) -> None:
    with open_outputs(["a.json"]) as outputs:
        assert outputs.renamer is None


@as_root
@pytest.mark.parametrize(
    ("mode", "owner", "needed"),
    [(0o755, 0, False), (0o555, 0, True), (0o755, NOBODY, True), (0o777, NOBODY, False), (0o775, NOBODY, True)],
)
def test_the_process_is_needed_where_the_plain_permission_bits_refuse(
    in_folder: Path, mode: int, owner: int, needed: bool
) -> None:
    os.chown(in_folder, owner, NOBODY)
    in_folder.chmod(mode)
    descriptor = os.open(in_folder, os.O_RDONLY)
    try:
        assert needs_renamer(descriptor, "a.json") is needed
    finally:
        os.close(descriptor)


def test_a_file_of_ours_is_rewritten_privately_and_in_one_step(tmp_path: Path) -> None:
    path = tmp_path / "new" / "register.toml"
    deliver.rewrite(path, lambda text: text + "one\n")
    deliver.rewrite(path, lambda text: text + "two\n")
    assert path.read_text() == "one\ntwo\n"
    assert [stat.S_IMODE(one.stat().st_mode) for one in (path, path.parent)] == [0o600, 0o700]
    assert os.listdir(path.parent) == ["register.toml"]


def test_an_edit_that_fails_leaves_the_file_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "register.toml"
    path.write_text("as it was")

    def fails(text: str) -> str:
        raise UsageError("no")

    with pytest.raises(UsageError, match=r"^no$"):
        deliver.rewrite(path, fails)
    assert (path.read_text(), os.listdir(tmp_path)) == ("as it was", ["register.toml"])


def test_what_is_no_text_is_not_rewritten(tmp_path: Path) -> None:
    file = tmp_path / "exceptions.csv"
    file.write_bytes(b"\xd4\xc3\xb2\xa1")
    with pytest.raises(UsageError, match="is there already, and no text: name another file"):
        deliver.rewrite(file, lambda before: before + "x")
    assert file.read_bytes() == b"\xd4\xc3\xb2\xa1"


def test_a_link_is_not_rewritten(tmp_path: Path) -> None:
    path = tmp_path / "register.toml"
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match=r"register\.toml: is a symbolic link"):
        deliver.rewrite(path, lambda text: "x")


def test_edits_at_the_same_moment_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "register.toml"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: deliver.rewrite(path, lambda text: f"{text}{number}\n"), range(24)))
    assert sorted(map(int, path.read_text().split())) == list(range(24))
