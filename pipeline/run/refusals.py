"""What a run of a use case would refuse now, by the functions that it refuses with; nothing is begun."""

from collections.abc import Callable, Iterator

from perennial.errors import PerennialError
from pipeline import inputs
from pipeline.config import UseCase
from pipeline.export_folders import exports_of
from pipeline.run.curated_schema import curated_schema


def refusals(use_case: UseCase) -> Iterator[PerennialError]:
    """The errors that would end a run before it reads an export, in the order in which a run meets them."""
    checks: tuple[Callable[[UseCase], object], ...]
    checks = (UseCase.check_root, curated_schema, inputs.of_span, inputs.of_window, exports_of)
    for check in checks:
        try:
            check(use_case)
        except PerennialError as error:
            yield error
