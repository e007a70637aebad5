"""The versions of one model: which are wanted, loaded, live; a state machine, without I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from serving.settings import ModelSettings

START: Final = "START"
LOADING: Final = "LOADING"
AVAILABLE: Final = "AVAILABLE"
END: Final = "END"
# One worker may be killed for another reason; a version that crashes a second one has failed.
_CRASHES: Final = 2
# Number of unloaded versions that the status still lists, as in TF Serving.
_REMEMBERED: Final = 10
# After this many scans without a change a folder counts as complete: if it has all files that the live
# version's folder has; and if it lacks one, as its copy may only have paused.
_STILL: Final = 1
_STILL_WITH_LESS: Final = 10


@dataclass(frozen=True)
class VersionFolder:
    """A version's folder.

    Attributes:
        path: Its path.
        fingerprint: Changes when a file in it is added, removed or changed.
        files: Names of the files in it.
    """

    path: str
    fingerprint: str
    files: frozenset[str] = frozenset()


@dataclass
class VersionRecord:
    """What is known of one version.

    Attributes:
        folder: The folder at the time of the last decision to load it.
        state: START, LOADING, AVAILABLE or END, as in TF Serving.
        error: Why it could not be loaded.
        crashes: Workers that ended while they loaded it.
    """

    folder: VersionFolder
    state: str = START
    error: str = ""
    crashes: int = 0


class ModelVersions:
    """The versions of one model.

    Attributes:
        name: The model's name.
        settings: Its policy and labels; may be replaced.
        records: Number -> what is known of it.
        live: The version for requests that name none.
        labels: Label -> the version that answers it.
        notices: Sentences for the log; the caller prints them and clears the list.
    """

    def __init__(self, name: str, settings: ModelSettings) -> None:
        """Has no versions yet."""
        self.name = name
        self.settings = settings
        self.records: dict[int, VersionRecord] = {}
        self.live: int | None = None
        self.labels: dict[str, int] = {}
        self.notices: list[str] = []
        self._disk: dict[int, VersionFolder] = {}
        self._still: dict[int, int] = {}  # version -> scans without a change

    def scanned(self, folders: Mapping[int, VersionFolder] | None) -> None:
        """Takes the folders on disk; None: they could not be read, so nothing changes."""
        if folders is None:
            return
        self._still = {
            number: self._still.get(number, 0) + 1 if self._disk.get(number) == each else 0
            for number, each in folders.items()
        }
        self._disk = dict(folders)

    def plan(self, busy: Iterable[int] = ()) -> None:
        """Updates records, live and labels from disk, policy and loaded versions.

        Args:
            busy: Versions that a worker is loading.
        """
        wanted = self._primary() | self._labelled()
        for number in wanted:
            self._begin(number)
        for number, record in list(self.records.items()):
            if self._is_over(number, record, wanted, busy):
                del self.records[number]
        self._choose_live()
        self._assign_labels()
        if not self._underway():
            self._unload_others(wanted)

    def to_load(self) -> list[int]:
        """Versions that workers may load now, the highest first.

        A version that appears while another one is live must first stop changing.
        """
        return sorted(
            (
                number
                for number, record in self.records.items()
                if record.state == LOADING or (record.state == START and self._is_whole(number, record))
            ),
            reverse=True,
        )

    def in_state(self, state: str) -> list[int]:
        """The versions that are in a state, the highest first."""
        numbers = (number for number, record in self.records.items() if record.state == state)
        return sorted(numbers, reverse=True)

    def promote(self, number: int) -> None:
        """Records that every worker has loaded a version; if it has changed since, it is loaded again."""
        record = self.records[number]
        now = self._disk.get(number, record.folder)
        if now != record.folder:
            record.folder = now
        else:
            record.state = AVAILABLE

    def fail(self, number: int, error: str) -> None:
        """Records that a version cannot be served; it is not tried again until its folder changes."""
        record = self.records[number]
        record.state, record.error = END, error
        self.notices.append(f"version {number} of {self.name} cannot be served: {error}")

    def crashed(self, number: int) -> None:
        """Records that a worker crashed while it loaded a version."""
        record = self.records[number]
        record.crashes += 1
        if record.crashes >= _CRASHES:
            self.fail(number, f"{record.crashes} workers crashed while they loaded it.")

    def truth(self) -> dict[str, Any]:
        """The state of this model, as it is sent to the workers."""
        return {
            "versions": {
                str(number): {"state": record.state, "error": record.error}
                for number, record in sorted(self.records.items())
            },
            "live": self.live,
            "labels": dict(sorted(self.labels.items())),
        }

    def _is_whole(self, number: int, record: VersionRecord) -> bool:
        if self.live is None:
            return True
        less = not record.folder.files >= self.records[self.live].folder.files
        return self._still.get(number, 0) >= (_STILL_WITH_LESS if less else _STILL)

    def _usable(self, number: int) -> bool:
        """Whether a version is on disk and has not failed with this content."""
        record = self.records.get(number)
        failed = record is not None and record.state == END and bool(record.error)
        return number in self._disk and not (failed and record and record.folder == self._disk[number])

    def _is_available(self, number: int | None) -> bool:
        return number in self.records and self.records[number].state == AVAILABLE

    def _primary(self) -> set[int]:
        """The versions of the policy that can be loaded."""
        policy = self.settings.policy
        usable = [number for number in self._disk if self._usable(number)]
        if policy == "all":
            return set(usable)
        if policy == "latest":
            return set(sorted(usable)[-self.settings.newest :])
        return set(usable).intersection(int(number) for number in policy)

    def _labelled(self) -> set[int]:
        """The versions of the labels; a loaded one stays, even if its folder is removed."""
        asked = self.settings.labels.values()
        return {number for number in asked if self._usable(number) or self._is_available(number)}

    def _begin(self, number: int) -> None:
        record = self.records.get(number)
        if record is None or record.state == END:
            self.records[number] = VersionRecord(self._disk[number])
        elif record.state == START:
            record.folder = self._disk[number]

    def _is_over(self, number: int, record: VersionRecord, wanted: set[int], busy: Iterable[int]) -> bool:
        """Whether the record of a version that is not loaded can be removed."""
        if record.state in (START, LOADING):
            return number not in wanted and number not in busy
        if record.state == END and record.error:
            return number not in self._disk
        return record.state == END and number in self.in_state(END)[_REMEMBERED:]

    def _choose_live(self) -> None:
        primary = [number for number in self._primary() if self._is_available(number)]
        former = self.live if self._is_available(self.live) else None
        live = max(primary, default=former)
        if live is not None and live != self.live:
            self.notices.append(f"version {live} of {self.name} is live")
        elif live is None and self.live is not None:
            self.notices.append(f"no version of {self.name} is live")
        self.live = live

    def _assign_labels(self) -> None:
        """Moves each label to its version once that is loaded; until then it does not move."""
        for label, number in self.settings.labels.items():
            if self._is_available(number) and self.labels.get(label) != number:
                self.labels[label] = number
                self.notices.append(f"label {label} of {self.name} points to version {number}")
        self.labels = {
            label: number
            for label, number in self.labels.items()
            if label in self.settings.labels and self._is_available(number)
        }

    def _underway(self) -> bool:
        return any(record.state in (START, LOADING) for record in self.records.values())

    def _unload_others(self, wanted: set[int]) -> None:
        """Unloads the versions that are no longer needed; never the live one."""
        kept = wanted | set(self.labels.values()) | {self.live}
        for number in self.in_state(AVAILABLE):
            if number not in kept:
                self.records[number].state = END
                self.notices.append(f"version {number} of {self.name} is unloaded")
