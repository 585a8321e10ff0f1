"""Sealed archives: what is written can be read, and nothing that was changed, planted or blown up is believed."""

from __future__ import annotations

import hashlib
import json
import stat
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from io import BytesIO

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from hypothesis import given, settings
from hypothesis import strategies as st

from camscan import container, sealed, signature
from camscan.errors import SealError, UsageError
from tests.examples import examples

AT = datetime(2026, 11, 21, 18, 4, 30, tzinfo=UTC)
FILES = {
    "run.obs.jsonl": b'{"schema":"camscan-observations/1"}\n',
    "data/fields.toml": "# Überwachung\n".encode(),
    "empty": b"",
}


def pem(key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey, password: bytes | None = None) -> bytes:
    hidden = serialization.BestAvailableEncryption(password) if password else serialization.NoEncryption()
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, hidden)


SIGNER = signature.signer_of(pem(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))))
OTHER = signature.signer_of(pem(ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32))))


def written(files: dict[str, bytes] | None = None, signer: signature.Signer | None = SIGNER) -> bytes:
    return sealed.write("evidence", FILES if files is None else files, made_at=AT, about={"marking": "OFFICIAL"}, signer=signer)


def read(packed: bytes) -> sealed.Sealed:
    return sealed.read(BytesIO(packed), "kept.zip")


def changed(packed: bytes, change: Callable[[dict[str, bytes], zipfile.ZipFile], None]) -> sealed.Sealed:
    """Read an archive whose members went through `change`, which may also write some itself."""
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    anew = BytesIO()
    with zipfile.ZipFile(anew, "w", zipfile.ZIP_DEFLATED) as archive:
        change(members, archive)
        for name, content in members.items():
            put(archive, name, content)
    return read(anew.getvalue())


def put(archive: zipfile.ZipFile, name: str, content: bytes, method: int = zipfile.ZIP_DEFLATED, at: datetime = AT) -> None:
    """Write a member with the headers that ours have."""
    entry = zipfile.ZipInfo(name, at.timetuple()[:6])
    entry.create_system, entry.external_attr = container.UNIX, container.PRIVATE
    archive.writestr(entry, content, compress_type=method)


def test_what_is_sealed_is_read_again_with_who_sealed_it_and_when() -> None:
    found = read(written())
    assert dict(found.files) == FILES
    assert (found.kind, found.made_at, found.about, found.faults) == (
        "evidence",
        "2026-11-21T18:04:30Z",
        {"marking": "OFFICIAL"},
        (),
    )
    assert found.signer == SIGNER.public
    assert [one.name for one in found.listed] == sorted(FILES)


def test_the_same_files_give_the_same_bytes_in_any_order_and_members_bear_the_time_of_the_run() -> None:
    packed = written()
    assert packed == written(dict(reversed(FILES.items())))
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2026, 11, 21, 18, 4, 30)}
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {stat.S_IFREG | 0o600}


def test_an_archive_without_a_signature_holds_and_has_no_signer() -> None:
    found = read(written(signer=None))
    assert (found.faults, found.signer) == ((), None)


def test_a_file_that_was_changed_is_named_and_not_handed_out() -> None:
    def forge(members: dict[str, bytes], _: zipfile.ZipFile) -> None:
        members["run.obs.jsonl"] = members["run.obs.jsonl"].replace(b"/1", b"/2")

    found = changed(written(), forge)
    assert found.faults == ("run.obs.jsonl: not the file that was sealed: its hash is another one",)
    assert "run.obs.jsonl" not in found.files
    with pytest.raises(SealError, match=r"^kept.zip: run.obs.jsonl: not the file that was sealed"):
        found.check("kept.zip", "evidence")


def test_a_file_that_is_missing_and_one_that_nobody_listed_are_named() -> None:
    def swap(members: dict[str, bytes], _: zipfile.ZipFile) -> None:
        members["more.txt"] = members.pop("data/fields.toml")

    assert changed(written(), swap).faults == ("data/fields.toml: listed, and not there", "more.txt: there, and not listed")


def test_a_manifest_that_was_written_anew_bears_no_signature_that_holds() -> None:
    def forge(members: dict[str, bytes], _: zipfile.ZipFile) -> None:
        members["manifest.json"] = members["manifest.json"].replace(b"OFFICIAL", b"anything")

    found = changed(written(), forge)
    assert found.faults == ("the signature over manifest.json does not hold",)
    assert found.signer is None


def test_a_signature_by_another_key_does_not_hold() -> None:
    def forge(members: dict[str, bytes], _: zipfile.ZipFile) -> None:
        members["manifest.json.sig"] = OTHER.key.sign(members["manifest.json"])

    assert changed(written(), forge).faults == ("the signature over manifest.json does not hold",)


def test_a_signature_that_was_taken_away_is_missed() -> None:
    [fault] = changed(written(), lambda members, _: members.__delitem__("manifest.json.sig")).faults
    assert fault == f"the manifest names a signer ({SIGNER.public.fingerprint}), and there is no signature"


def test_a_signature_of_nobody_is_a_fault() -> None:
    found = changed(written(signer=None), lambda members, _: members.update({"manifest.json.sig": bytes(64)}))
    assert found.faults == ("there is a signature, and the manifest names no signer",)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("../evil", "leads elsewhere"),
        ("data/../../evil", "leads elsewhere"),
        ("/etc/passwd", "leads elsewhere"),
        ("a//b", "leads elsewhere"),
        ("./a", "leads elsewhere"),
        ("a\\..\\b", "characters other than"),
        ("C:evil", "characters other than"),
        ("za\u017c\u00f3\u0142\u0107", "characters other than"),
        ("new\nline", "characters other than"),
        ("a" * 201, "too long"),
        ("a/" * 9 + "b", "too deep"),
        ("folder/", "a link, a folder or a device"),
        ("data/FIELDS.toml", "there twice"),
    ],
)
def test_a_member_whose_name_is_a_trap_is_refused(name: str, said: str) -> None:
    def plant(members: dict[str, bytes], archive: zipfile.ZipFile) -> None:
        for own in list(members):
            put(archive, own, members.pop(own))
        put(archive, name, b"x")

    found = changed(written(), plant)
    assert said in found.faults[0]
    assert dict(found.files) == FILES


@pytest.mark.parametrize("mode", [stat.S_IFLNK, stat.S_IFIFO, stat.S_IFCHR, stat.S_IFDIR, stat.S_IFSOCK])
def test_links_folders_and_devices_are_refused(mode: int) -> None:
    def plant(_: dict[str, bytes], archive: zipfile.ZipFile) -> None:
        entry = zipfile.ZipInfo("planted")
        entry.external_attr = (mode | 0o777) << 16
        archive.writestr(entry, b"/etc/passwd")

    assert changed(written(), plant).faults[0] == "planted: a link, a folder or a device, where only files may be"


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_stands_twice_is_refused_and_the_second_is_not_read() -> None:
    def plant(members: dict[str, bytes], archive: zipfile.ZipFile) -> None:
        for name in list(members):
            put(archive, name, members.pop(name))
        put(archive, "run.obs.jsonl", b"forged")

    found = changed(written(), plant)
    assert found.faults == ("run.obs.jsonl: there twice",)
    assert found.files["run.obs.jsonl"] == FILES["run.obs.jsonl"]


def test_encrypted_members_are_refused() -> None:
    entry = zipfile.ZipInfo("secret")
    entry.flag_bits |= 0x1
    assert sealed.entry_fault(entry) == "encrypted"


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_unusual_packing_is_refused(method: int) -> None:
    def plant(_: dict[str, bytes], archive: zipfile.ZipFile) -> None:
        put(archive, "planted", b"x" * 100, method)

    fault = changed(written(), plant).faults[0]
    assert fault == f"planted: packed in a way that is not read (method {method})"


@pytest.mark.parametrize("inner", [b"PK\x03\x04rest", b"\x1f\x8brest", b"\x28\xb5\x2f\xfdrest", b"7z\xbc\xafrest"])
def test_an_archive_inside_the_archive_is_refused_both_ways(inner: bytes) -> None:
    found = changed(written(), lambda members, _: members.update(planted=inner))
    assert found.faults == ("planted: an archive inside the archive",)
    with pytest.raises(UsageError, match="planted: cannot stand in an archive: an archive inside"):
        written({"planted": inner})


def test_a_member_that_blows_up_is_left_before_it_fills_the_memory() -> None:
    bomb = BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb", bytes(64 << 20))
    taken = sealed._Unpacking(bomb, len(bomb.getvalue()))
    with zipfile.ZipFile(bomb) as archive:
        taken.take(archive)
    assert taken.faults == ["bomb: unpacks to more than 200 times its size"]
    assert taken.total < 16 << 20


def test_a_header_that_lies_about_the_size_is_not_believed() -> None:
    packed = bytearray(written({"run.obs.jsonl": b"a" * 5000}, None))
    central = packed.rindex(b"PK\x01\x02")
    packed[central + 24 : central + 28] = (10).to_bytes(4, "little")
    [fault] = read(bytes(packed)).faults[:1]
    assert fault.startswith("run.obs.jsonl: damaged")


def test_all_members_together_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = written({f"part-{number}": bytes([number]) * 4000 for number in range(10)})
    monkeypatch.setattr(sealed, "MAX_TOTAL", 20_000)
    assert any("too large with the others" in fault for fault in read(packed).faults)


def test_more_members_than_any_package_has_are_not_unpacked(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = written()
    monkeypatch.setattr(sealed, "MAX_MEMBERS", 3)
    found = read(packed)
    assert found.faults == ("5 members, more than 3: nothing was unpacked",)
    assert found.files == {}


def test_text_that_shrinks_more_than_a_reader_believes_is_stored_as_it_is() -> None:
    large = {"zeros.txt": b"0" * (3 << 20)}
    found = read(written(large))
    assert (found.faults, dict(found.files)) == ((), large)


@pytest.mark.parametrize(
    ("packed", "said"),
    [
        (b"", "not a zip archive"),
        (b"PK\x03\x04 and nothing", "not a zip archive"),
        (written()[:-30], "not a zip archive"),
    ],
)
def test_what_is_no_archive_is_refused_as_unreadable(packed: bytes, said: str) -> None:
    with pytest.raises(UsageError, match=f"kept.zip: {said}"):
        read(packed)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda document: document.update(schema="camscan-sealed/9"), "schema camscan-sealed/9: newer than this camscan"),
        (lambda document: document.update(schema="other"), "not camscan-sealed/1"),
        (lambda document: document.pop("members"), "not as camscan writes it"),
        (lambda document: document.update(members=[{"name": 3, "sha256": "", "size": 0}]), "not as camscan writes it"),
        (lambda document: document.update(members=7), "not as camscan writes it"),
        (lambda document: document.update(signer="%%"), "not as camscan writes it"),
        (lambda document: document.update(signer="AAAA"), "not as camscan writes it"),
        (lambda document: document.update(about=[]), "not as camscan writes it"),
    ],
)
def test_a_manifest_that_is_none_of_ours_is_refused_as_unreadable(
    change: Callable[[dict[str, object]], object], said: str
) -> None:
    def rewrite(members: dict[str, bytes], _: zipfile.ZipFile) -> None:
        document = json.loads(members["manifest.json"])
        change(document)
        members["manifest.json"] = json.dumps(document).encode()

    with pytest.raises(UsageError, match=said):
        changed(written(signer=None), rewrite)


def test_an_archive_without_a_manifest_is_refused_as_unreadable() -> None:
    with pytest.raises(UsageError, match=r"no manifest\.json in it"):
        changed(written(), lambda members, _: members.__delitem__("manifest.json"))


def test_another_kind_of_archive_is_refused_where_one_kind_is_wanted() -> None:
    with pytest.raises(SealError, match="holds evidence, where data is wanted"):
        read(written()).check("kept.zip", "data")


@settings(max_examples=examples(150))
@given(flips=st.lists(st.tuples(st.integers(0, 1 << 20), st.integers(0, 7)), min_size=1, max_size=4))
def test_no_bit_can_be_flipped_without_a_fault(flips: list[tuple[int, int]]) -> None:
    packed = bytearray(written())
    for position, bit in flips:
        packed[position % len(packed)] ^= 1 << bit
    try:
        found = read(bytes(packed))
    except UsageError:
        return
    if not found.faults:
        assert dict(found.files) == FILES
        assert found.signer == SIGNER.public
        assert found.about == {"marking": "OFFICIAL"}
        assert {at for at, byte in enumerate(written()) if byte != packed[at]} <= ends_of_members(written())


def ends_of_members(packed: bytes) -> set[int]:
    """Return where the last byte of each member stands: what deflate leaves of it unused says nothing."""
    with zipfile.ZipFile(BytesIO(packed)) as archive:
        entries = archive.infolist()
    return {entry.header_offset + container.LOCAL.size + len(entry.filename) + entry.compress_size - 1 for entry in entries}


@pytest.mark.parametrize("name", ["../up", "manifest.json", "manifest.json.sig", "with blank", ""])
def test_nothing_is_written_that_could_not_be_read(name: str) -> None:
    with pytest.raises(UsageError, match="cannot stand in an archive"):
        written({name: b"x"})


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "not a private key in PEM"),
        (pem(ed25519.Ed25519PrivateKey.generate(), b"secret"), "has a passphrase"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "not an Ed25519 key"),
    ],
    ids=["empty", "passphrase", "other kind"],
)
def test_a_key_that_cannot_sign_is_refused_without_being_quoted(content: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=said) as refused:
        signature.signer_of(content)
    assert "PRIVATE" not in str(refused.value)


def test_a_private_key_is_refused_where_the_public_one_is_wanted() -> None:
    with pytest.raises(ValueError, match="a private key, where the public one is wanted"):
        signature.public_key_of(pem(ed25519.Ed25519PrivateKey.generate()))


def test_the_fingerprint_of_a_key_is_the_hash_of_its_der_form() -> None:
    public = "03a107bff3ce10be1d70dd18e74bc09967e4d6309ba50d5f1ddc8664125531b8"  # of the key 00 01 … 1f
    der = bytes.fromhex(f"302a300506032b6570032100{public}")
    assert SIGNER.public.der == der
    assert SIGNER.public.fingerprint == f"SHA256:{hashlib.sha256(der).hexdigest()}"
