"""What a run of a use case would refuse now, by the functions that it refuses with; nothing is begun."""

from collections.abc import Callable, Iterator

from perennial import clock
from perennial.errors import PerennialError
from pipeline import export_folders, inputs
from pipeline.config import UseCase
from pipeline.run.intake import curated_schema


def refusals(use_case: UseCase) -> Iterator[PerennialError]:
    """The errors that would end a run before it reads an export, in the order in which a run meets them."""
    checks: tuple[Callable[[UseCase], object], ...]
    checks = (UseCase.check_root, curated_schema, inputs.of_span, inputs.of_window, _exports)
    for check in checks:
        try:
            check(use_case)
        except PerennialError as error:
            yield error


def _exports(use_case: UseCase) -> None:
    section = use_case.exports
    export_folders.find_exports(use_case.exports_folder, section.span, section.complete_when, clock.now())
