"""The section `drift` of a use case's YAML."""

from perennial.durations import Age
from perennial.section import Section


class DriftSettings(Section):
    """From which past drift is judged.

    Attributes:
        history: Summaries of the days of this long before the newest span are kept, whatever the window,
            seconds.
    """

    history: Age = 400 * 86400
