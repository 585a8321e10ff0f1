"""Writes results to files: opened before anything is sent, replaced in one step afterwards, never half-written."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import secrets
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from camscan.errors import DeliveryError, UsageError
from camscan.model import Ledger, Observation, Report
from camscan.report import observations as observation_file
from camscan.report.base import Format, prepare
from camscan.report.registry import BINARY_FORMATS, FORMATS
from camscan.report.renamer import Renamer, needs_renamer

TEMPORARY = ".camscan-tmp"
"""End of the name of a file that is not finished."""
PRIVATE = 0o600


@dataclass(frozen=True, slots=True)
class Output:
    """One file to write: its format and where."""

    format: str
    """A name of FORMATS or BINARY_FORMATS, or `observations`."""
    path: Path


def suffixes(formats: Mapping[str, Format] = FORMATS) -> dict[str, str]:
    """Return suffix → format name for everything that `-o` writes."""
    known = {form.SUFFIX: name for name, form in formats.items()}
    known |= {form.SUFFIX: name for name, form in BINARY_FORMATS.items()}
    return {**known, observation_file.SUFFIX: observation_file.NAME}


def parse_output(spec: str, formats: Mapping[str, Format] = FORMATS) -> Output:
    """Return what `-o SPEC` asks for: `FILE`, its format by suffix, or `FORMAT:FILE`. Raises UsageError."""
    names = (*formats, *BINARY_FORMATS, observation_file.NAME)
    known = suffixes(formats)
    prefix, colon, rest = spec.partition(":")
    if colon and prefix in names:
        return Output(prefix, _path(rest, spec))
    if colon and prefix.isidentifier():
        raise UsageError(f'-o {spec}: "{prefix}" is not a format: use {", ".join(names)}, or write the file as ./{spec}')
    path = _path(spec, spec)
    matching = [suffix for suffix in known if path.name.lower().endswith(suffix)]
    if not matching:
        raise UsageError(f"-o {spec}: the suffix names no format: use {', '.join(known)}, or FORMAT:FILE as in json:{spec}")
    return Output(known[max(matching, key=len)], path)


def _path(text: str, spec: str) -> Path:
    if text in ("", "-"):
        raise UsageError(f"-o {spec}: names no file: for standard output use --format")
    return Path(text)


@dataclass(slots=True)
class _Opened:
    """One output whose temporary file is open."""

    output: Output
    folder: int
    """Descriptor of the folder, so that moving the folder cannot lead the rename elsewhere."""
    temporary: str
    descriptor: int
    renamed: bool = False


@dataclass(slots=True)
class Outputs:
    """Open outputs. Leaving the context without `commit` removes every trace."""

    opened: list[_Opened] = field(default_factory=list)
    renamer: Renamer | None = None
    formats: Mapping[str, Format] = field(default_factory=lambda: FORMATS)
    written: list[Output] = field(default_factory=list)
    """Those that stand in their place."""

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None) -> None:
        """Remove what was not committed."""
        self.close()

    def commit(
        self, report: Report, observations: Iterable[Observation] | None = None, ledgers: Mapping[str, Ledger] | None = None
    ) -> tuple[Path, ...]:
        """Write every output and put it in its place; return the paths.

        observations: all that were made; by default those that the report's assets hold. ledgers: by address.
        Raises DeliveryError naming what was written and what was not; the others are still tried.
        """
        failed: list[str] = []
        for number, opened in enumerate(self.opened):
            try:
                self._write(opened, content(opened.output.format, report, observations, ledgers, self.formats))
                self._rename(number, opened)
                self.written.append(opened.output)
            except OSError as fault:
                failed.append(f"{opened.output.path}: {fault.strerror or fault}")
        self.close()
        written = tuple(output.path for output in self.written)
        if failed:
            done = f"written: {', '.join(map(str, written))}" if written else "no output file was written"
            raise DeliveryError(f"{'; '.join(failed)}; {done}")
        return written

    def put(self, content: bytes) -> None:
        """Write the content of the one file that `open_file` opened, and put it in its place. Raises DeliveryError naming it."""
        [opened] = self.opened
        try:
            self._write(opened, (content,))
            self._rename(0, opened)
        except OSError as fault:
            raise DeliveryError(f"{opened.output.path}: {fault.strerror or fault}: it was not written") from fault
        self.written.append(opened.output)
        self.close()

    def close(self) -> None:
        """Remove temporary files that were not committed and close everything."""
        for opened in self.opened:
            if not opened.renamed:
                with contextlib.suppress(OSError):
                    os.unlink(opened.temporary, dir_fd=opened.folder)
        if self.renamer is not None:
            self.renamer.close()
            self.renamer = None
        for opened in self.opened:
            os.close(opened.descriptor)
            os.close(opened.folder)
        self.opened.clear()

    def _write(self, opened: _Opened, pieces: Iterable[str | bytes]) -> None:
        with open(opened.descriptor, "wb", closefd=False) as file:
            for piece in pieces:
                file.write(piece if isinstance(piece, bytes) else piece.encode("utf-8", "backslashreplace"))
            file.flush()
            os.fsync(file.fileno())

    def _rename(self, number: int, opened: _Opened) -> None:
        if self.renamer is not None:
            self.renamer.rename(number)
        else:
            os.rename(opened.temporary, opened.output.path.name, src_dir_fd=opened.folder, dst_dir_fd=opened.folder)
        opened.renamed = True
        with contextlib.suppress(OSError):  # some file systems cannot sync a folder
            os.fsync(opened.folder)


def make_folder(path: Path) -> None:
    """Make a folder and those above it that are missing, 0700. Raises UsageError."""
    try:
        for folder in reversed([one for one in (path, *path.parents) if not one.exists()]):
            folder.mkdir(mode=0o700, exist_ok=True)  # `parents=True` would make those above it readable for all
    except OSError as fault:
        raise UsageError(f"{path}: the folder cannot be made: {fault.strerror}") from fault


def rewrite(path: Path, edit: Callable[[str], str]) -> None:
    """Replace a file of ours in one step by what `edit` makes of its text; a file that is not there counts as empty.

    File 0600, folders that are missing 0700. No other `rewrite` comes between the reading and the writing.
    Raises UsageError naming the file; what stood there then stands there still.
    """
    make_folder(path.parent)
    try:
        waiting = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as fault:
        raise UsageError(f"{path}: the folder cannot be opened: {fault.strerror}") from fault
    try:
        fcntl.flock(waiting, fcntl.LOCK_EX)
        opened = _open(Output("text", path), name=str(path))
        with Outputs([opened]) as outputs:
            before = path.read_text(encoding="utf-8") if path.exists() else ""
            outputs._write(opened, (edit(before),))
            outputs._rename(0, opened)
    except UnicodeDecodeError as fault:
        raise UsageError(f"{path}: is there already, and no text: name another file") from fault
    except OSError as fault:
        raise UsageError(f"{path}: cannot be written: {fault}") from fault
    finally:
        os.close(waiting)


def content(
    form: str,
    report: Report,
    observations: Iterable[Observation] | None = None,
    ledgers: Mapping[str, Ledger] | None = None,
    formats: Mapping[str, Format] = FORMATS,
) -> Iterable[str | bytes]:
    """Return a report in one format, in pieces."""
    if form in BINARY_FORMATS:
        return (BINARY_FORMATS[form].render_bytes(report),)
    if form != observation_file.NAME:
        return (formats[form].render(report),)
    if observations is None:
        observations = [observation for judged in report.assets for observation in judged.asset.observations]
    if ledgers is None:
        ledgers = observation_file.ledgers_of(report)
    return observation_file.dump(report.run, report.scope, report.attempts, observations, report.coverage, ledgers)


def open_outputs(specs: Sequence[str], formats: Mapping[str, Format] = FORMATS, *, reads: Sequence[str | Path] = ()) -> Outputs:
    """Open the temporary file of every output. Call it while the process still has its privileges and one thread.

    formats: those that may be asked for, by name. reads: what is read, as it was named: no output takes its place. Raises UsageError naming the file and the remedy where one cannot be written.
    """
    outputs = Outputs(formats=formats)
    try:
        for output in (parse_output(spec, formats) for spec in specs):
            if any(_same(output.path, other.output.path) for other in outputs.opened):
                raise UsageError(f"-o {output.path}: named twice")
            if output.format != observation_file.NAME:
                prepare(BINARY_FORMATS.get(output.format) or formats[output.format])
            outputs.opened.append(_open(output, reads=reads))
        if any(needs_renamer(opened.folder, opened.output.path.name) for opened in outputs.opened):
            outputs.renamer = Renamer([(o.folder, o.temporary, o.output.path.name) for o in outputs.opened])
    except BaseException:
        outputs.close()
        raise
    return outputs


def open_file(path: Path, named: str, *, reads: Sequence[str | Path] = ()) -> Outputs:
    """Open one file whose content comes later as a whole (`put`). named: in front of messages; reads: as above. Raises UsageError."""
    return Outputs([_open(Output("file", path), named, reads)])


def _same(one: Path, other: Path) -> bool:
    return one.name == other.name and one.parent.resolve() == other.parent.resolve()


def _is_file(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:
        return False


def _open(output: Output, name: str | None = None, reads: Sequence[str | Path] = ()) -> _Opened:
    path = output.path
    named = name or f"-o {path}"
    if any(_is_file(path, Path(read)) for read in reads):
        raise UsageError(f"{named}: is what is read, and would be lost: name another file")
    try:
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except FileNotFoundError as fault:
        raise UsageError(f"{named}: there is no folder {path.parent}: mkdir -p -m 700 {path.parent}") from fault
    except OSError as fault:
        raise UsageError(f"{named}: the folder cannot be opened: {fault.strerror}") from fault
    try:
        _check_target(path, folder, named)
        _sweep(path.name, folder)
        temporary = f".{path.name}.{secrets.token_hex(4)}{TEMPORARY}"
        descriptor = os.open(
            temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, PRIVATE, dir_fd=folder
        )
    except OSError as fault:
        os.close(folder)
        raise UsageError(f"{named}: cannot be written: {fault.strerror}: choose a folder that you may write to") from fault
    except UsageError:
        os.close(folder)
        raise
    os.fchmod(descriptor, PRIVATE)
    fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return _Opened(output, folder, temporary, descriptor)


def _check_target(path: Path, folder: int, named: str) -> None:
    """Refuse what a rename would not replace as the user means it: folders, links, devices and pipes."""
    try:
        found = os.stat(path.name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return
    if stat.S_ISDIR(found.st_mode):
        raise UsageError(f"{named}: is a folder: name a file in it")
    if stat.S_ISLNK(found.st_mode):
        # A link in a folder of someone else could lead a privileged run to any file.
        raise UsageError(f"{named}: is a symbolic link: name the file itself: {path.resolve()}")
    if not stat.S_ISREG(found.st_mode):
        raise UsageError(f"{named}: is not a regular file: for a pipe use --format and redirect standard output")


def _sweep(name: str, folder: int) -> None:
    """Remove what runs that were killed left behind; a living run holds a lock on its file."""
    for entry in os.listdir(folder):
        if not (entry.startswith(f".{name}.") and entry.endswith(TEMPORARY)):
            continue
        with contextlib.suppress(OSError):
            descriptor = os.open(entry, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                os.unlink(entry, dir_fd=folder)
            except OSError as fault:
                if fault.errno not in (errno.EWOULDBLOCK, errno.EACCES, errno.EPERM):
                    raise
            finally:
                os.close(descriptor)
