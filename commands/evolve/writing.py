"""Writes an edit of several files: all or none; one that was stopped halfway is noted, and finished later."""

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from commands.evolve.texts import FileEdit, read_text
from perennial.errors import UsageError
from perennial.files import path_aside, read_json, remove, sweep_aside, sync, write_json


def write_all(edits: Sequence[FileEdit], repository: Path, use_case: str) -> None:
    """Writes files in their order, each aside and then renamed; none if one is not as it was compared.

    The edit is noted before the first rename, and the note is removed after the last one.

    Raises:
        UsageError: A file has changed since.
    """
    for edit in edits:
        if read_text(repository / edit.path) != edit.before:
            raise UsageError(
                f"{edit.path} has changed since it was compared; nothing was written.",
                "Run `evolve` again.",
            )
    _write(edits, repository, use_case)


def finish(repository: Path, use_case: str) -> None:
    """Writes the rest of an edit that was stopped halfway, if there is one.

    Raises:
        UsageError: A file is neither as before the edit nor as after it; nothing was written.
    """
    note = _note_of(repository, use_case)
    if not note.is_file():
        return
    edits = [FileEdit(*each) for each in read_json(note)]
    for edit in edits:
        if read_text(repository / edit.path) not in (edit.before, edit.after):
            raise UsageError(
                f"An `evolve --apply` was stopped halfway, and {edit.path} has changed since.",
                f"Check the files of {use_case} with `git diff`, then remove {note.relative_to(repository)}.",
            )
    for edit in edits:
        target = repository / edit.path
        sweep_aside(target.parent, f".{target.name}.*")
    _write(edits, repository, use_case)


def refuse_half(repository: Path, use_case: str) -> None:
    """Refuses files of which some may be as before an edit and others as after it.

    Raises:
        UsageError: An edit was stopped halfway.
    """
    if _note_of(repository, use_case).is_file():
        raise UsageError(
            f"An `evolve {use_case} --apply` was stopped halfway: some files have its edit, others do not.",
            f"Run `evolve {use_case} --from EXPORT --apply`, which finishes it first.",
        )


def _write(edits: Sequence[FileEdit], repository: Path, use_case: str) -> None:
    with ExitStack() as undo:
        asides = []
        for edit in edits:
            target = repository / edit.path
            aside = path_aside(target)
            undo.callback(remove, aside)
            aside.write_bytes(edit.after.encode())
            aside.chmod(target.stat().st_mode)
            sync(aside)
            asides.append((aside, target))
        note = _note_of(repository, use_case)
        write_json(note, [[edit.path, edit.before, edit.after] for edit in edits])
        for aside, target in asides:
            aside.replace(target)
        note.unlink()


def _note_of(repository: Path, use_case: str) -> Path:
    return repository / "pipeline" / "use_cases" / f".{use_case}.evolve.json"
