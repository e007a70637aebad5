"""The page of a run, made where it is not as it would be now; and the last pages of several use cases."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from perennial.errors import UsageError, did_you_mean
from perennial.files import read_json, write_text
from pipeline.config import UseCase
from pipeline.report import model, render, writer
from pipeline.report.sources import facts_of


def report(use_case: UseCase, run_id: str | None = None) -> dict[str, Any]:
    """Makes the page of a run, where it is not there or another release made it.

    Args:
        use_case: Whose run.
        run_id: Which; None: the last that ended.

    Returns:
        `use_case, run_id, verdict, report`, the last the page's path.

    Raises:
        UsageError: There is no such run, or none has ended yet.
    """
    ended = _ended(use_case)
    if not ended:
        raise UsageError(f"No run of {use_case.name} has ended yet.", f"Run `run {use_case.name}` first.")
    folder = ended.get(run_id) if run_id else list(ended.values())[-1]
    if folder is None:
        near = did_you_mean(run_id or "", list(ended))
        raise UsageError(
            f"No finished run {run_id}{near}; the last one is {list(ended)[-1]}.",
            f"Run `status {use_case.name} --json` to list the last runs.",
        )
    return _made(use_case, folder)


def last_reports(use_cases: Iterable[UseCase]) -> list[dict[str, Any]]:
    """As `report`, for the last run of each use case that has one."""
    return [report(use_case) for use_case in use_cases if _ended(use_case)]


def _ended(use_case: UseCase) -> dict[str, Path]:
    """Folders of the runs that ended with a verdict, oldest first, by id."""
    return {path.parent.name: path.parent for path in sorted((use_case.root / "runs").glob("*/summary.json"))}


def _made(use_case: UseCase, folder: Path) -> dict[str, Any]:
    """Where a run left nothing for its page (it is older than pages are), the summary is shown."""
    page_file = folder / model.FILE
    if page_file.is_file():
        page = read_json(page_file)
        if page["format"] > model.FORMAT:
            raise UsageError(
                f"{model.FILE} has format {page['format']}, but this release reads up to {model.FORMAT}.",
                "Use the release that wrote it, or a newer one.",
            )
    else:
        page = model.page_of_summary(read_json(folder / "summary.json"), facts_of(use_case))
    path = folder / writer.FILE
    if not render.is_made(path, page):  # which takes as long as the drawing engine takes to start
        write_text(path, render.html_of(page))
    return {
        "use_case": use_case.name,
        "run_id": folder.name,
        "verdict": page["summary"]["verdict"],
        "report": str(path),
    }
