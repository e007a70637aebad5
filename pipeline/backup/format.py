"""The form of a backup: a tar of a header, the files by the names they have in a home, and a manifest."""

import json
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, Field, ValidationError

from perennial.errors import BackupDamaged, UsageError
from perennial.section import Section
from perennial.store.tables import FORMAT as LEDGER_FORMAT
from pipeline.config import NAME

FORMAT: Final = 1
# The first and the last member; all others are below a use case's name, `exports/` or `schedule/`.
HEADER: Final = "perennial-backup.json"
MANIFEST: Final = "manifest.json"
EXPORTS: Final = "exports"
SCHEDULE: Final = "schedule"
ENDINGS: Final = (".tar", ".tar.gz", ".tgz")
# Of 64 bits, as times of files are.
_LARGEST: Final = 2**63 - 1


def _expect_name(name: str) -> str:
    """Folders of a home are named by it."""
    if not NAME.fullmatch(name) or name in (EXPORTS, SCHEDULE):
        raise ValueError("expected the name of a use case")
    return name


class UseCasePart(Section):
    """What a backup has of one use case.

    Attributes:
        ledger_format: The format of its ledger; 0 where there is none.
        live: The version that is live; None for none.
        spans: How many spans its ledger knows.
        bytes: What its files take on a disk, about: some grow while they are copied.
        exports: Whether its exports are in the backup.
        exports_elsewhere: The folder of `exports.path`, which is not in the backup; empty: none is set.
    """

    ledger_format: int
    live: int | None
    spans: int
    bytes: int
    exports: bool
    exports_elsewhere: str = ""

    def as_json(self) -> dict[str, Any]:
        """What commands answer of it."""
        return {
            "live_version": self.live,
            "spans": self.spans,
            "exports": self.exports,
            "exports_elsewhere": self.exports_elsewhere or None,
        }


class Header(Section):
    """What a backup says of itself before its files.

    Attributes:
        format: Of the backup.
        id: Of this backup alone.
        made: When, as in the ledger.
        host: The machine.
        home: The home that was copied, as an absolute path.
        use_cases: What is in it, by name.
    """

    format: int
    id: str
    made: str
    host: str
    home: Annotated[str, Field(pattern="^/")]
    use_cases: dict[Annotated[str, AfterValidator(_expect_name)], UseCasePart]


class MemberEntry(Section):
    """A file, a link or a folder in the manifest.

    Attributes:
        kind: A hard link has the content of the member `target`, a symbolic link points to `target`.
        bytes: Size of a file.
        sha256: Of a file.
        mtime_ns: When a file was changed; of folders and links 0.
        mode: Permissions of a file.
        target: Of a link.
    """

    kind: Literal["file", "hard link", "symbolic link", "folder"]
    bytes: int = 0
    sha256: str = ""
    mtime_ns: Annotated[int, Field(ge=-_LARGEST, le=_LARGEST)] = 0
    mode: Annotated[int, Field(ge=0, le=0o777)] = 0
    target: str = ""


def read_header(content: bytes, file: Path) -> Header:
    """The header of a backup.

    Raises:
        UsageError: A newer release wrote the backup, or one of its ledgers.
        BackupDamaged: It is not valid.
    """
    try:
        values = json.loads(content)
        if isinstance(values, dict) and isinstance(number := values.get("format"), int) and number > FORMAT:
            raise _too_new(file, f"has format {number}", FORMAT)
        header = Header.model_validate(values)
    except (ValueError, ValidationError) as error:
        raise BackupDamaged(f"{file}: the header of the backup is damaged.", OTHER_COPY) from error
    newest = max((part.ledger_format for part in header.use_cases.values()), default=0)
    if newest > LEDGER_FORMAT:
        raise _too_new(file, f"has a ledger of format {newest}", LEDGER_FORMAT)
    return header


def read_manifest(content: bytes, file: Path) -> dict[str, MemberEntry]:
    """The manifest of a backup: each member by its name.

    Raises:
        BackupDamaged: It is not valid.
    """
    try:
        return {name: MemberEntry.model_validate(entry) for name, entry in json.loads(content).items()}
    except (ValueError, AttributeError, ValidationError) as error:
        raise BackupDamaged(f"{file}: the manifest of the backup is damaged.", OTHER_COPY) from error


OTHER_COPY: Final = "Use another copy of the backup; nothing was restored."


def is_text(name: str) -> bool:
    """Whether a name can stand in an entry of the manifest: one with bytes that are no UTF-8 cannot."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def as_json(value: Any) -> bytes:
    """A header or a manifest as it is written."""
    return json.dumps(value, indent=1).encode()


def _too_new(file: Path, what: str, known: int) -> UsageError:
    return UsageError(
        f"{file} {what}; this release reads up to format {known}.",
        "Use the release that wrote it or a newer one.",
    )
