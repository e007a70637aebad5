"""The artifact of a span's day summaries, which more than one component reads.

It stands apart from `artifacts.py`, on whose source the cache keys of all nodes depend.
"""

from pathlib import Path

from tfx import types

from perennial.drift.day_file import FILE


class DaySummariesArtifact(types.Artifact):
    """The summaries of a span's days: one file, `days.arrow`.

    Custom properties: `span`, `version` and `digest` of its Examples, and `content`, the SHA-256 of the file.
    """

    TYPE_NAME = "DaySummaries"


def days_file(artifact: types.Artifact) -> Path:
    """The file of an artifact of day summaries."""
    return Path(artifact.uri) / FILE
