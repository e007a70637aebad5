"""Outputs of the nodes and their digests: a missing, truncated or altered output is never used.

TFX takes a cached output if its folder exists. So a damaged one is removed, and its node runs again.
"""

import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from perennial.files import file_digest, folder_digest
from perennial.store.ledger import Ledger


class Outputs:
    """The outputs below a use case's `artifacts/`, and their digests in the ledger."""

    def __init__(self, artifacts: Path, ledger: Ledger) -> None:
        """Has no digests until `take_up` or `read`."""
        self._artifacts = artifacts
        self._ledger = ledger
        self._noted: dict[str, str] = {}
        self._digest_of = _remembering()
        self._checked: set[str] = set()
        self.damaged: list[str] = []

    def read(self) -> "Outputs":
        """Reads the digests from the ledger; returns itself."""
        self._noted = self._ledger.outputs.digests()
        return self

    def is_whole(self, uri: str) -> bool:
        """Whether an output is unchanged; one without a digest only has to exist."""
        digest = self._noted.get(uri)
        if digest is None:
            return Path(uri).is_dir()
        return self._digest(uri) == digest

    def usable(self, uri: str) -> bool:
        """Whether an output is unchanged; else it is removed, so that its node runs again.

        Each is checked once per run: damage during a run is found by the next run. One of another root, as
        `backtest` shares those of its use case, is not used, and left to that root.
        """
        if uri in self._checked or self.is_whole(uri):
            self._checked.add(uri)
            return True
        folder = Path(uri)
        if not folder.is_relative_to(self._artifacts):
            return False
        if folder.exists():
            shutil.rmtree(folder)
        self._ledger.outputs.forget(uri)
        self._ledger.predictions.forget(uri)
        self._noted.pop(uri, None)
        name = "/".join(folder.parts[-3:])
        self.damaged += [name] if name not in self.damaged else []
        return False

    def check_all(self) -> None:
        """Removes every damaged output, so that no cache hit uses it."""
        for uri in list(self._noted):
            self.usable(uri)

    def note(self, uris: Iterable[str]) -> None:
        """Records outputs whose node has just ended; recorded ones are not changed."""
        inside = str(self._artifacts) + "/"
        fresh = [uri for uri in uris if uri not in self._noted and uri.startswith(inside)]
        digests = {uri: self._digest(uri) for uri in fresh}
        self._ledger.outputs.note(digests)
        self._noted |= digests
        self._checked |= digests.keys()

    def note_node(self, node: str) -> None:
        """Records all outputs of nodes that are not recorded yet."""
        self.note(str(folder) for folder in self._folders(node))

    def take_up(self, *, interrupted: bool) -> None:
        """Handles outputs on disk without a digest: after an interrupted run they are removed.

        A ledger without any output is new, or was rebuilt: it records all outputs on disk.
        """
        if not self.read()._noted:
            self.note_node("*")
        elif interrupted:
            for folder in self._folders("*"):
                if str(folder) not in self._noted:
                    shutil.rmtree(folder)

    def damage_sentence(self) -> str:
        """A sentence about damaged outputs; empty if there were none."""
        if not self.damaged:
            return ""
        return f"Damaged outputs were removed and rebuilt: {', '.join(self.damaged)}."

    def _folders(self, node: str) -> list[Path]:
        return [path for path in self._artifacts.glob(f"{node}/*/*") if path.name.isdecimal()]

    def _digest(self, uri: str) -> str:
        return folder_digest(Path(uri), digest_of=self._digest_of)


def _remembering() -> Callable[[Path], str]:
    """A digest of files that reads a file with several hard links only once."""
    known: dict[tuple[int, ...], str] = {}

    def digest_of(path: Path) -> str:
        stat = path.stat()
        key = (stat.st_dev, stat.st_ino, stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns)
        if key not in known:
            known[key] = file_digest(path)
        return known[key]

    return digest_of
