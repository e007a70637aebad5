"""The twin of a version that was refit: the candidate that was judged, before it saw the judged rows.

The next candidate is compared with it: neither was trained on the rows that they are compared on. Its
SavedModel is an output of the chain; the version's card has where it is, below the use case's root.
"""

from dataclasses import dataclass
from pathlib import Path

from perennial.store.judged import judged_part
from perennial.store.registry import Version, model_digest


@dataclass(frozen=True)
class Twin:
    """The candidate that was judged before a version was refit.

    Attributes:
        version: The version.
        folder: Its SavedModel.
        digest: Digest of that folder's files when the version was published.
    """

    version: int
    folder: Path
    digest: str

    def damage(self) -> str:
        """What is wrong with its files, one sentence; empty if they are unchanged."""
        name = f"The twin of version {self.version}"
        if not self.folder.is_dir():
            return f"{name} is missing."
        if model_digest(self.folder) != self.digest:
            return f"{name} is damaged: its files have changed since it was judged."
        return ""


def twin_of(version: Version) -> Twin | None:
    """The twin of a version; None where the version was not refit.

    A version that restores another has that one's twin.
    """
    judged = judged_part(version.card)
    if not judged:
        return None
    # The root of the use case holds `models/` and `artifacts/`.
    folder = version.folder.parent.parent / str(judged["model"])
    return Twin(version.number, folder, str(judged["model_digest"]))
