"""The version whose weights a warm start takes, and what it learned from; read without TensorFlow."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

# Beside a transform graph: what became of a warm start there.
START_FILE: Final = "start.json"


@dataclass(frozen=True)
class StartingPoint:
    """A version to start from, or why there is none.

    Attributes:
        version: Its number; 0: none.
        folder: Its SavedModel.
        digest: Of that folder's files: other files under the same number are another start.
        last_day: The last day that it was trained on, `YYYY-MM-DD`; empty without a time column.
        learned: Name of the span, digest of its content and split of each part that it was trained on.
        why_cold: Why training begins cold, as a sentence; empty: it begins with this version's weights.
    """

    version: int = 0
    folder: str = ""
    digest: str = ""
    last_day: str = ""
    learned: tuple[tuple[str, str, str], ...] = ()
    why_cold: str = ""

    def to_json(self) -> str:
        """As a node is given it."""
        return json.dumps(dataclasses.asdict(self), sort_keys=True)

    @classmethod
    def from_json(cls, text: str) -> "StartingPoint":
        """The inverse of `to_json`."""
        fields = json.loads(text)
        learned = tuple((span, digest, split) for span, digest, split in fields.pop("learned"))
        return cls(learned=learned, **fields)

    def cold(self, why: str) -> "StartingPoint":
        """That training begins cold, with this sentence."""
        return dataclasses.replace(self, why_cold=why)

    def unfit(self, what: str) -> str:
        """Why training does not begin with this version, of the end of that sentence."""
        return f"Version {self.version} cannot be continued: {what}."

    def after(self, graph: Path) -> "StartingPoint":
        """With the Transform's answer beside its graph; unchanged where it gave none."""
        file = graph / START_FILE
        return self.cold(json.loads(file.read_text())["why_cold"]) if file.exists() else self

    def learned_from_judged(self, window: Mapping[str, Any]) -> str:
        """The span of which the version learned rows that candidates are judged by now; empty: none.

        By days, else by content: of a span that came with other content since, any row may be the same.

        Args:
            window: The content of `window.json`; without judged rows there is nothing to be learned from.
        """
        first = (window.get("eval") or {}).get("first_day") or ""
        if first and self.last_day and first > self.last_day:
            return ""
        parts = {(digest, split) for _, digest, split in self.learned}
        contents = {span: digest for span, digest, _ in self.learned}
        for part in window.get("eval_parts") or []:
            span, digest = str(part["span"]), part["digest"]
            if (digest, part["split"]) in parts or contents.get(span, digest) != digest:
                return span
        return ""

    def has_learned_span(self, span: Mapping[str, Any]) -> bool:
        """Whether it learned rows of a span of `window.json`, in this content or another."""
        return any(span["span"] == name or span["digest"] == digest for name, digest, _ in self.learned)
