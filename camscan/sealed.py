"""Sealed archives: a zip of files with a manifest of their hashes, and an Ed25519 signature over that manifest. Bytes in, bytes out.

Members: `manifest.json`, `manifest.json.sig` (64 bytes, RFC 8032; only where it is signed), and the files that the manifest lists.
The manifest is `{"schema": "camscan-sealed/1", "kind", "made_at", "stamp", "about", "signer", "members": [{"name", "sha256", "size"}]}`;
`stamp` is the time that all members bear, `signer` null or the public key (SubjectPublicKeyInfo, DER, base64). Container: PKWARE APPNOTE 6.3, stored or deflated, no encryption.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import stat
import string
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from io import BytesIO
from typing import Any, BinaryIO

from cryptography.exceptions import UnsupportedAlgorithm

from camscan.container import PRIVATE, UNIX, content_of, end_of, layout_faults, too_large
from camscan.errors import SealError, UsageError
from camscan.signature import PublicKey, Signer, public_key_in

SCHEMA = "camscan-sealed/1"
MANIFEST = "manifest.json"
SIGNATURE = "manifest.json.sig"
MAX_ARCHIVE = 512 << 20
"""Bytes of the archive itself."""
MAX_MEMBERS = 4096
MAX_MEMBER = 512 << 20
"""Bytes of one file, unpacked."""
MAX_TOTAL = 768 << 20
"""Bytes of all files, unpacked."""
MAX_RATIO = 200
"""How many times larger than its packed form a file may be; honest text stays below 100, deflate can reach 1000."""
ANY_RATIO = 1 << 20
"""Bytes up to which the ratio is not looked at."""
MAX_MANIFEST = 4 << 20
MAX_NAME = 200
MAX_DEPTH = 8
NAME_CHARACTERS = frozenset(string.ascii_letters + string.digits + "._-+")
ARCHIVES = (
    b"PK\x03\x04",
    b"PK\x05\x06",
    b"PK\x07\x08",
    b"\x1f\x8b",
    b"\x28\xb5\x2f\xfd",
    b"BZh",
    b"\xfd7zXZ\x00",
    b"7z\xbc\xaf",
)
"""Beginnings of files that are packed themselves."""
EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)
"""The first instant that a zip archive can name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A file as the manifest lists it."""

    name: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """What an archive holds and whether it holds together. `files` are those whose hash is as listed, and no others."""

    kind: str
    made_at: str
    about: Mapping[str, Any]
    listed: tuple[Listed, ...]
    files: Mapping[str, bytes]
    signer: PublicKey | None
    """Whose signature over the manifest holds; None where there is none or it does not hold."""
    faults: tuple[str, ...] = ()
    """What does not hold, a sentence each; empty where everything does."""
    seal: Mapping[str, bytes] = field(default_factory=dict)
    """The manifest and, where there is one, its signature, as they stand."""

    def check(self, name: str, kind: str) -> None:
        """Raise SealError unless everything holds and it is an archive of this kind. name: of the file, for messages."""
        if self.faults:
            raise SealError(f"{name}: {'; '.join(self.faults)}")
        if self.kind != kind:
            raise SealError(f"{name}: holds {self.kind}, where {kind} is wanted")


def write(
    kind: str,
    files: Mapping[str, bytes],
    *,
    made_at: datetime,
    stamp: datetime | None = None,
    about: Mapping[str, Any] | None = None,
    signer: Signer | None = None,
) -> bytes:
    """Return the archive of files by name: the same bytes for the same arguments.

    made_at: as the manifest says; stamp: the time that the files bear, by default the same. Raises UsageError where a file or
    its name is such that `read` would refuse it.
    """
    _check_files(files)
    at = max(stamp or made_at, EARLIEST).astimezone(UTC)
    manifest = json.dumps(
        {
            "schema": SCHEMA,
            "kind": kind,
            "made_at": _instant(made_at),
            "stamp": _instant(at),
            "about": dict(about or {}),
            "signer": base64.b64encode(signer.public.der).decode() if signer else None,
            "members": [
                {"name": name, "sha256": hashlib.sha256(content).hexdigest(), "size": len(content)}
                for name, content in sorted(files.items())
            ],
        },
        indent=1,
        allow_nan=False,
    ).encode()
    if len(manifest) > MAX_MANIFEST:
        raise UsageError(f"the manifest would be larger than {MAX_MANIFEST >> 20} MiB")
    own = {MANIFEST: manifest} | ({SIGNATURE: signer.key.sign(manifest)} if signer else {})
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in (*own.items(), *sorted(files.items())):
            entry = zipfile.ZipInfo(name, at.timetuple()[:6])
            entry.create_system = UNIX
            entry.external_attr = PRIVATE
            archive.writestr(entry, content, compress_type=_way_of(content))
    if packed.tell() > MAX_ARCHIVE:
        raise UsageError(f"the archive would be larger than {MAX_ARCHIVE >> 20} MiB")
    return packed.getvalue()


def _check_files(files: Mapping[str, bytes]) -> None:
    """Refuse what `read` would refuse. Raises UsageError."""
    if len(files) + 2 > MAX_MEMBERS or sum(map(len, files.values())) + MAX_MANIFEST > MAX_TOTAL:
        raise UsageError(f"more than {MAX_MEMBERS} files or {MAX_TOTAL >> 20} MiB: too much for one archive")
    for name, content in files.items():
        wrong = "a name of the archive's own" if name in (MANIFEST, SIGNATURE) else name_fault(name) or _content_fault(content)
        if wrong or len(content) > MAX_MEMBER:
            raise UsageError(f"{name}: cannot stand in an archive: {wrong or 'too large'}")
    if len({name.lower() for name in files}) < len(files):
        raise UsageError("two files differ only in the case of their names")


def _way_of(content: bytes) -> int:
    """Return how a file is packed: text that shrinks more than a reader believes is stored as it is."""
    shrinks_too_much = len(content) > ANY_RATIO and len(content) > len(zlib.compress(content)) * MAX_RATIO // 2
    return zipfile.ZIP_STORED if shrinks_too_much else zipfile.ZIP_DEFLATED


def read(packed: BinaryIO, name: str) -> Sealed:
    """Return what an archive holds; nothing is written anywhere, and no header is believed. name: of the file, for messages.

    Raises UsageError where it is no archive of ours at all; everything else that is wrong with it stands in `faults`.
    """
    size = packed.seek(0, 2)
    if size > MAX_ARCHIVE:
        raise UsageError(f"{name}: larger than {MAX_ARCHIVE >> 20} MiB: not a file that camscan wrote")
    end = end_of(packed, size)
    if end is None:
        raise UsageError(f"{name}: not a zip archive, or cut off")
    wrong = too_large(end, MAX_MEMBERS, MAX_NAME)
    if wrong:
        return _judged({}, (wrong,), name)
    try:
        archive = zipfile.ZipFile(packed)
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError, EOFError) as fault:
        raise UsageError(f"{name}: not a zip archive, or cut off: {fault}") from fault
    with archive:
        if MANIFEST not in archive.namelist():
            raise UsageError(f"{name}: no {MANIFEST} in it: not a package that camscan wrote")
        unpacking = _Unpacking(packed, size)
        unpacking.take(archive)
        unpacking.faults += layout_faults(packed, archive, end)
        unpacking.faults += _stamp_faults(archive, unpacking.found.get(MANIFEST))
    return _judged(unpacking.found, unpacking.faults, name)


def compare(files: Mapping[str, bytes], name: str) -> Sealed:
    """Return what files that were unpacked are, the manifest and its signature among them. Raises UsageError as `read` does."""
    return _judged(files, (), name)


@dataclass(slots=True)
class _Unpacking:
    """An archive on its way into memory."""

    packed: BinaryIO
    size: int
    """Bytes of the archive: what a header says of a packed size above it is no excuse."""
    found: dict[str, bytes] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)
    total: int = 0

    def take(self, archive: zipfile.ZipFile) -> None:
        """Unpack every member that may be one."""
        entries = archive.infolist()
        if len(entries) > MAX_MEMBERS:
            self.faults.append(f"{len(entries)} members, more than {MAX_MEMBERS}: nothing was unpacked")
            return
        seen: set[str] = set()
        for entry in entries:
            wrong = entry_fault(entry) or ("there twice" if entry.filename.lower() in seen else "")
            seen.add(entry.filename.lower())
            if not wrong:
                wrong = self._unpack(entry)
            if wrong:
                self.faults.append(f"{entry.filename[:MAX_NAME]}: {wrong}")
            if self.total > MAX_TOTAL:
                self.faults.append(f"more than {MAX_TOTAL >> 20} MiB unpacked: the rest was not read")
                return

    def _unpack(self, entry: zipfile.ZipInfo) -> str:
        """Take one member in pieces; return what is wrong with it, empty where nothing is."""
        content = bytearray()
        most = MAX_MANIFEST if entry.filename in (MANIFEST, SIGNATURE) else MAX_MEMBER
        try:
            for piece in content_of(self.packed, entry):
                content += piece
                self.total += len(piece)
                if len(content) > most or self.total > MAX_TOTAL:
                    return f"larger than {most >> 20} MiB, or too large with the others"
                if len(content) > max(ANY_RATIO, entry.compress_size * MAX_RATIO) or self._swells():
                    return f"unpacks to more than {MAX_RATIO} times its size"
        except (zipfile.BadZipFile, zlib.error, OSError, ValueError) as fault:
            return f"damaged: {fault}"
        wrong = _content_fault(bytes(content[:8]))
        if not wrong:
            self.found[entry.filename] = bytes(content)
        return wrong

    def _swells(self) -> bool:
        """Return whether all members together are larger than the archive can honestly hold, as where they overlap."""
        return self.total > max(ANY_RATIO, self.size * MAX_RATIO)


def entry_fault(entry: zipfile.ZipInfo) -> str:
    """Return why a member is none of ours by what its header says; empty where it may be one."""
    kind = stat.S_IFMT(entry.external_attr >> 16)
    if kind not in (0, stat.S_IFREG) or entry.is_dir():
        return "a link, a folder or a device, where only files may be"
    if entry.flag_bits & 0x1:
        return "encrypted"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return f"packed in a way that is not read (method {entry.compress_type})"
    return name_fault(entry.orig_filename)


def _stamp_faults(archive: zipfile.ZipFile, manifest: bytes | None) -> tuple[str, ...]:
    """Return whether members bear another time than the manifest says, or than each other where it is older and says none."""
    borne = {entry.date_time for entry in archive.infolist()}
    try:
        stamp = json.loads(manifest or b"{}").get("stamp")
        said = None if stamp is None else datetime.fromisoformat(stamp).timetuple()
    except (ValueError, TypeError, AttributeError, RecursionError):
        return ("the manifest's stamp is no time",)
    right = len(borne) < 2 if said is None else borne <= {(*said[:5], said.tm_sec // 2 * 2)}
    return () if right else ("members bear another time than they were sealed with",)


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def name_fault(name: str) -> str:
    """Return why a member may not be called so; empty where it may."""
    parts = name.split("/")
    if not name or len(name) > MAX_NAME or len(parts) > MAX_DEPTH:
        return "its name is too long, too deep or empty"
    if name.startswith("/") or any(part in ("", ".", "..") for part in parts):
        return "its name leads elsewhere"
    if not set(name) <= NAME_CHARACTERS | {"/"}:
        return "its name holds characters other than letters, digits and ._-+"
    return ""


def _content_fault(content: bytes) -> str:
    return "an archive inside the archive" if content.startswith(ARCHIVES) else ""


def _judged(members: Mapping[str, bytes], faults: Sequence[str], name: str) -> Sealed:
    """Return members held against their manifest. Raises UsageError where no manifest of ours is among them."""
    found = dict(members)
    manifest, signature = found.pop(MANIFEST, None), found.pop(SIGNATURE, None)
    if manifest is None:
        if faults:
            return Sealed(kind="", made_at="", about={}, listed=(), files={}, signer=None, faults=tuple(faults))
        raise UsageError(f"{name}: no {MANIFEST} in it: not a package that camscan wrote")
    document = _document(manifest, name)
    try:
        listed = tuple(_listed(row) for row in document["members"])
        stated = document["signer"]
        key = PublicKey(base64.b64decode(stated, validate=True)) if stated is not None else None
        if key is not None:
            public_key_in(key.der)
        kind, made_at, about = document["kind"], document["made_at"], document["about"]
        if not (isinstance(kind, str) and isinstance(made_at, str) and isinstance(about, dict)):
            raise TypeError("kind, made_at or about")
    except (KeyError, TypeError, ValueError, binascii.Error, UnsupportedAlgorithm) as fault:
        raise UsageError(f"{name}: {MANIFEST}: not as camscan writes it: {fault}") from fault
    signer, unsigned = _signer(key, signature, manifest)
    files, broken = _held_against(found, listed, {fault.partition(":")[0] for fault in faults})
    return Sealed(
        kind=kind,
        made_at=made_at,
        about=about,
        listed=listed,
        files=files,
        signer=signer,
        faults=(*faults, *unsigned, *broken),
        seal={MANIFEST: manifest} | ({SIGNATURE: signature} if signature is not None else {}),
    )


def _document(manifest: bytes, name: str) -> dict[str, Any]:
    try:
        document = json.loads(manifest)
    except (ValueError, RecursionError) as fault:
        raise UsageError(f"{name}: {MANIFEST}: not JSON: {fault}") from fault
    said = document.get("schema") if isinstance(document, dict) else None
    if not isinstance(document, dict) or said != SCHEMA:
        newer = isinstance(said, str) and said.startswith("camscan-sealed/")
        remedy = "newer than this camscan: verify it with the one that wrote it" if newer else f"not {SCHEMA}"
        raise UsageError(f"{name}: {MANIFEST}: schema {said if newer else ''}: {remedy}")
    return document


def _listed(row: Any) -> Listed:
    listed = Listed(name=row["name"], sha256=row["sha256"], size=row["size"])
    if not (isinstance(listed.name, str) and isinstance(listed.sha256, str) and type(listed.size) is int):
        raise TypeError("a member")
    return listed


def _signer(key: PublicKey | None, signature: bytes | None, manifest: bytes) -> tuple[PublicKey | None, tuple[str, ...]]:
    """Return whose signature holds, and what is wrong with it."""
    if key is None:
        return None, (() if signature is None else ("there is a signature, and the manifest names no signer",))
    if signature is None:
        return None, (f"the manifest names a signer ({key.fingerprint}), and there is no signature",)
    if not key.signed(manifest, signature):
        return None, (f"the signature over {MANIFEST} does not hold",)
    return key, ()


def _held_against(
    found: Mapping[str, bytes], listed: tuple[Listed, ...], named: set[str]
) -> tuple[dict[str, bytes], tuple[str, ...]]:
    """Return the files that are as listed, and what is wrong with the others but those that are named already."""
    files, faults = {}, []
    wanted = {one.name for one in listed}
    if len(wanted) < len(listed):
        faults.append("the manifest lists a file twice")
    for one in listed:
        content = found.get(one.name)
        if content is None:
            faults += [f"{one.name[:MAX_NAME]}: listed, and not there"] if one.name not in named else []
        elif len(content) != one.size or hashlib.sha256(content).hexdigest() != one.sha256:
            faults.append(f"{one.name}: not the file that was sealed: its hash is another one")
        else:
            files[one.name] = content
    faults += [f"{name}: there, and not listed" for name in sorted(set(found) - wanted)]
    return files, tuple(faults)
