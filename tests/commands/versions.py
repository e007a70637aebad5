"""Versions that are live in a moment, and what a command is asked by."""

from typing import Any, Protocol

from perennial.store import registry
from pipeline.config import UseCase
from pipeline.ledgers import opened


class Ask(Protocol):
    """What the fixture `answer` gives."""

    def __call__(self, *arguments: str) -> tuple[int, Any]:
        """Gives a command's exit code, and its answer."""


def publish(use_case: UseCase, content: str = "graph", **card: Any) -> None:
    """Publishes a version that holds `content`, over whatever is live."""
    source = use_case.make_root() / "candidate"
    source.mkdir(exist_ok=True)
    (source / "saved_model.pb").write_text(content)
    models, live = use_case.models_folder, registry.live(use_case.models_folder)
    champion = live.number if live else None
    with opened(use_case) as ledger:
        registry.publish(models, ledger, source, card, champion=champion, run_id="r", why="w")


def let_wait(use_case: UseCase, champion: int = 1) -> None:
    """A candidate of the run `run-1` waits that was compared with this version."""
    model = use_case.make_root() / "artifacts" / "model"
    model.mkdir(parents=True)
    (model / "saved_model.pb").write_text("a candidate")
    facts = {"model": str(model), "digest": registry.model_digest(model), "withheld": "ask"}
    with opened(use_case) as ledger:
        card = {"spans": [{"span": "2013-01"}]}
        ledger.candidates.wait("run-1", {**facts, "champion": champion, "card": card})
