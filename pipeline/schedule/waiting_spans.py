"""The spans that a run would judge, where each gets a run of its own (`schedule.catch_up: all`)."""

from perennial.store.ledger import Ledger
from pipeline import export_folders
from pipeline.config import UseCase
from pipeline.run.gaps import held_back, missing_spans
from pipeline.run.in_use import newest_in_use
from pipeline.span_names import order


def spans_to_read_through(use_case: UseCase, ledger: Ledger) -> list[str]:
    """The spans for `run --through`, oldest first: one for each new content; [] for less than two.

    A span that is older than one in use is read with that one: no run trains on less than is in use.

    Raises:
        ExportsUnreadable: The exports folder cannot be listed.
    """
    kind = use_case.exports.span
    listed = export_folders.exports_of(use_case)
    held = held_back(use_case, ledger, missing_spans(use_case, ledger, listed), listed)
    exports = [export for export in listed if export.is_readable and export.span not in held.spans]
    in_use = [version.span for version in newest_in_use(ledger, use_case)]
    if in_use:  # what is older is read by no run
        exports = [each for each in exports if order(each.span, kind) >= order(in_use[0], kind)]
    else:
        window = set(use_case.window_bounds.newest([export.span for export in exports]))
        exports = [export for export in exports if export.span in window]
    waiting = [export.span for export in exports if _is_new(export, ledger)]
    newest = in_use[-1:]
    through = {max([span, *newest], key=lambda name: order(name, kind)) for span in waiting}
    return sorted(through, key=lambda name: order(name, kind)) if len(through) > 1 else []


def _is_new(export: export_folders.ExportFolder, ledger: Ledger) -> bool:
    """Whether a run would judge an export: its content is new, or no run judged it."""
    version = ledger.spans.current(export.span)
    try:
        is_read = version is not None and all(map(ledger.files.is_known, export.files))
    except OSError:  # a file that disappeared or cannot be read: the run says so
        is_read = False
    if version is None or not is_read:
        return True
    return version.verdict == "NEW" and not version.waits_for_labels and not version.rejected
