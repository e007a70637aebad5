"""A root in which runs take place: all is real but the processes that a run starts."""

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Final

from perennial.store import registry
from perennial.store.ledger import Ledger
from pipeline import config
from pipeline.config import UseCase
from pipeline.execution.lineage import Lineage
from pipeline.run.context import Processes
from pipeline.run.curated_schema import import_schema
from pipeline.run.runner import run_use_case
from pipeline.run.scope import SpanScope
from pipeline.summary import Summary
from pipeline.triggers import Trigger
from tests.pipeline.run import trains
from tests.pipeline.run.scripted import Script, ScriptedCalibrator, ScriptedWorker, publish

# Its name is that of a use case whose schema and code there are; they are digested, and not run.
YAML: Final = trains.YAML.replace("time_column: day", "time_column: sched_dep")


class Shown:
    """A display that remembers."""

    def __init__(self) -> None:
        self.nodes: list[tuple[str, str]] = []
        self.warnings: list[str] = []
        self.closed = False

    def node(self, name: str, span: str) -> None:
        self.nodes.append((span, name))

    def progress(self, done: int, total: int | None, unit: str) -> None:
        """Not remembered."""

    def close(self) -> None:
        self.closed = True

    def warn(self, sentence: str) -> None:
        self.warnings.append(sentence)


class ScriptedPage:
    """In the place of `PageWriter`; `write` says whether the page could be made."""

    def __init__(self, write: Callable[[], bool]) -> None:
        self._write = write
        self.order: Mapping[str, Any] | None = None
        self.has_charts = False

    def expect_charts(self) -> None:
        self.has_charts = True

    def write(self, order: Mapping[str, Any]) -> bool:
        self.order = order
        return self._write()


class Scene:
    """One use case in a home of its own."""

    def __init__(self, home: Path) -> None:
        self._yaml = YAML
        self.use_case: UseCase = config.parse(YAML, name="flights", home=home, source="flights.yaml")
        self.root = self.use_case.make_root()
        self._schema = import_schema(self.use_case)
        self.worker: ScriptedWorker | None = None
        self.page = ScriptedPage(lambda: True)
        self.shown = Shown()

    def land(self, span: str, content: str = "rows") -> None:
        """Puts an export in the place of what is there."""
        folder = self.use_case.exports_folder / span
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        (folder / "part.csv").write_text(f"{span} {content}\n")
        (folder / "_SUCCESS").touch()

    def edit(self, before: str, after: str) -> None:
        """Replaces a text in the use case's YAML."""
        assert before in self._yaml
        self._yaml = self._yaml.replace(before, after)
        home = self.use_case.home
        self.use_case = config.parse(self._yaml, name="flights", home=home, source="flights.yaml")

    def retype(self, column: str, kind: str) -> None:
        """Gives a column another type, as an edit of the schema does."""
        columns = json.loads(self._schema.columns)
        changed = [each | ({"kind": kind} if each["name"] == column else {}) for each in columns]
        update = {"columns": json.dumps(changed), "digest": f"{column} is {kind}"}
        self._schema = self._schema.model_copy(update=update)

    def run(
        self,
        script: Script | None = None,
        page: Callable[[], bool] = lambda: True,
        fewer_rows_accepted: str = "",
        through: str = "",
        scope: SpanScope | None = None,
        trigger: Trigger = "manual",
    ) -> Summary:
        """One run."""
        self.page = ScriptedPage(page)
        self.shown = Shown()
        self.worker = None
        chosen = script or Script()

        def worker(use_case: UseCase, log: Path, _lock: int) -> ScriptedWorker:
            self.worker = ScriptedWorker(chosen, use_case, log)
            return self.worker

        processes = Processes(
            worker=worker, page=lambda _log: self.page, calibrator=lambda _log: ScriptedCalibrator()
        )
        return run_use_case(
            self.use_case,
            self._schema,
            self.shown,
            processes,
            fewer_rows_accepted=fewer_rows_accepted,
            trigger=trigger,
            scope=scope or SpanScope(through),
        )

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """The ledger, to be looked at or written to by a person."""
        with closing(Ledger(self.root / "ledger.db")) as opened:
            yield opened

    def alerts(self) -> set[str]:
        """Kinds of the alerts that are open."""
        with self.ledger() as ledger:
            return {alert["kind"] for alert in ledger.alerts.open()}

    def last_run(self) -> dict[str, Any]:
        """What the ledger says of the last run."""
        with self.ledger() as ledger:
            return ledger.runs.last(1)[0]

    def live(self) -> registry.Version | None:
        """What is live."""
        return registry.live(self.use_case.models_folder)

    def damage(self) -> None:
        """Alters a file of the live version."""
        live = self.live()
        assert live is not None
        (live.folder / "saved_model.pb").write_text("damaged")

    def roll_back(self) -> None:
        """A newer version becomes live, and a person brings the former back."""
        with self.ledger() as ledger:
            publish(self.use_case, ledger, "another model")
            registry.rollback(self.use_case.models_folder, ledger, None, "The other is wrong.")

    def publish(self) -> None:
        """A version becomes live that no run made."""
        with self.ledger() as ledger:
            publish(self.use_case, ledger, "a model by hand")

    def metadata(self) -> None:
        """An MLMD file, as any chain leaves one."""
        Lineage(str(self.root / "metadata.db"))


def trained_scene(home: Path) -> "Scene":
    """A root in which version 1 was trained on spans 1 to 3, and is live."""
    made = Scene(home)
    made.metadata()
    for span in ("1", "2", "3"):
        made.land(span)
    assert made.run().verdict == "PUSHED"
    return made
