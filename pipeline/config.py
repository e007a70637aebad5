"""The configuration: one validated, frozen use case; the only reader of environment variables."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from pydantic import (
    BeforeValidator,
    PlainValidator,
    SerializeAsAny,
    ValidationError,
    ValidationInfo,
    model_validator,
)

from components.data_gate.settings import GateSettings
from components.evaluator.settings import EVALUATIONS, EvaluationSettings
from perennial.drift.settings import DriftSettings
from perennial.errors import ConfigError, UsageError, nearest
from perennial.section import Section, WrongSetting
from perennial.task import Class, Kind, Task
from pipeline import use_case_yaml, writable
from pipeline.config_sections import (
    ExportsSection,
    KeepSection,
    RunSection,
    ServingSection,
    TrainingSection,
    WindowSection,
)
from pipeline.explain import explain
from pipeline.schedule_section import ScheduleSection
from pipeline.window_bounds import WindowBounds

REPOSITORY = Path(__file__).resolve().parent.parent
USE_CASES = REPOSITORY / "pipeline" / "use_cases"
NAME = re.compile(r"[a-z][a-z0-9_]*")
# Named in full: plain `DirectRunner` first tries to download another runner. The image name stops Beam from
# packing an sdist of TFX at the start of every node, and the byte-size batching feeds TFXIO larger batches.
LOCAL_RUNNER = "--runner=apache_beam.runners.portability.fn_api_runner.FnApiRunner"
LOCAL_BEAM_ARGS = (
    LOCAL_RUNNER,
    "--sdk_container_image=unused",
    "--tfxio_use_byte_size_batching=true",
)
_FIX = "Fix the file; nothing was started."


def _no_booleans(value: object) -> object:
    """Refuses true and false: YAML reads unquoted yes, no, on and off as these."""
    if isinstance(value, list | tuple) and any(isinstance(each, bool) for each in value):
        raise ValueError('expected text or numbers, got true or false: quote them, such as ["no", "yes"]')
    return value


def _by_task(value: object, info: ValidationInfo) -> EvaluationSettings:
    """Reads the evaluation settings of the task."""
    if "task" not in info.data:
        # The task itself is wrong, which is reported already.
        return EvaluationSettings.model_construct()
    return EVALUATIONS[info.data["task"]].model_validate(value)


class UseCase(Section):
    """One use case. Everything that runs uses this object, and reads no environment variables.

    Attributes:
        name: The one name of its files: `pipeline/use_cases/NAME.yaml`, `schemas/NAME.pbtxt`,
            `transforms/NAME.py`, `models/NAME.py`.
        home: Root of everything that runs write.
        label: Column to predict.
        task: The kind of the label.
        classes: The classes in order, the positive of two last; () for a regression and a label of 0 and 1.
        data: Settings of the data gate.
        evaluation: Settings of the Evaluator, those of the task.
        beam_pipeline_args: Options of every Beam node, passed through untouched. Their values are kept out of
            the log; a process's command line may still show them on a cluster, so do not put a password here.
    """

    name: str
    home: Path
    description: str = ""
    label: str
    task: Kind = "binary"
    classes: Annotated[tuple[Class, ...], BeforeValidator(_no_booleans)] = ()
    exports: ExportsSection = ExportsSection()
    data: GateSettings = GateSettings()
    window: WindowSection = WindowSection()
    training: TrainingSection
    evaluation: Annotated[SerializeAsAny[EvaluationSettings], PlainValidator(_by_task)]
    serving: ServingSection = ServingSection()
    run: RunSection = RunSection()
    keep: KeepSection = KeepSection()
    drift: DriftSettings = DriftSettings()
    schedule: ScheduleSection = ScheduleSection()
    beam_pipeline_args: tuple[str, ...] = LOCAL_BEAM_ARGS

    @model_validator(mode="after")
    def _fits_task(self) -> "UseCase":
        if problem := _wrong_classes(self.task, self.classes):
            raise WrongSetting(problem, "classes")
        for key, problem in _wrong_label_bounds(self.data, self.answers):
            raise WrongSetting(problem, "data", key)
        try:
            self.window.bounds(self.exports.span)
        except WrongSetting as error:
            raise WrongSetting(str(error), "window", "since") from error
        return self

    @property
    def answers(self) -> Task:
        """What a model of this use case predicts."""
        return Task(self.task, self.label, self.classes)

    @property
    def root(self) -> Path:
        """Folder of all that belongs to this use case."""
        return self.home / self.name

    def check_root(self) -> None:
        """Checks that `make_root` can work; creates nothing.

        Raises:
            HomeUnusable: A folder cannot be made or written to, or something else is in its place.
        """
        writable.check_folder(self.home)
        writable.check_root(self.root)
        if self.exports.path is None:
            writable.check_exports(self.exports_folder)

    def make_root(self) -> Path:
        """Creates the folders of this use case, readable by this user only; returns `root`.

        Raises:
            HomeUnusable: As `check_root`.
        """
        self.check_root()
        for folder in (self.home, self.root):
            try:
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            except OSError as error:
                raise writable.unusable(folder, error.strerror or "it cannot be made") from error
        return self.root

    @property
    def exports_folder(self) -> Path:
        """The exports folder."""
        return self.exports.path or self.home / "exports" / self.name

    @property
    def window_bounds(self) -> WindowBounds:
        """Which spans the window can hold."""
        return self.window.bounds(self.exports.span)

    @property
    def models_folder(self) -> Path:
        """Folder of the published versions, in TF Serving's layout."""
        return self.root / "models"

    @property
    def requests_folder(self) -> Path:
        """Folder of the server's request log."""
        return self.root / "requests"

    def is_request_log(self, path: Path) -> bool:
        """Whether a file or folder is in `requests_folder`: it has the server's format then."""
        return path.resolve().is_relative_to(self.requests_folder.resolve())

    @property
    def schema_file(self) -> Path:
        """The curated schema."""
        return REPOSITORY / "schemas" / f"{self.name}.pbtxt"

    @property
    def on_cluster(self) -> bool:
        """Whether Beam runs on other machines, so that work cannot be done in memory instead."""
        return LOCAL_RUNNER not in self.beam_pipeline_args


def _wrong_classes(task: Kind, classes: tuple[Class, ...]) -> str:
    """What is wrong with the classes for this kind of task; empty if nothing is."""
    count = len(classes)
    if len(set(classes)) != count:
        return "expected each class once, got one twice"
    if task == "regression" and count:
        return "expected none for a regression"
    if task == "binary" and count not in (0, 2):
        return f"expected two for a binary task (or none, for 0 and 1), got {count}"
    if task == "multiclass" and count < 3:
        return f"expected three or more for a multiclass task, got {count}"
    return ""


def _wrong_label_bounds(data: GateSettings, task: Task) -> Iterator[tuple[str, str]]:
    """The keys in `data` that do not fit the label, each with what is wrong."""
    if data.label_rate is not None and not task.is_zero_or_one:
        yield "label_rate", "expected none: it is the share of 1, and this label is not 0 and 1"
    if data.label_shares is not None:
        unknown = set(data.label_shares.shares) - {str(each) for each in task.named}
        if not task.named:
            yield "label_shares", "expected none: this use case names no classes"
        elif unknown:
            yield "label_shares", f"expected classes of this use case; {len(unknown)} are not among `classes`"
    if data.label_numbers is not None and any(isinstance(each, str) for each in task.classes):
        yield "label_numbers", "expected none: the classes of this label are text"


def home() -> Path:
    """The root of all that runs write: `PERENNIAL_HOME`, else `work` next to `local_runner.py`."""
    return Path(os.environ.get("PERENNIAL_HOME") or REPOSITORY / "work").resolve()


# TensorFlow's banners.
_QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3"}


def variable(name: str) -> str:
    """The value of an environment variable that a use case names; empty where it is not set."""
    return os.environ.get(name, "")


def worker_environment(temporary: Path, secret: str | None) -> dict[str, str]:
    """The environment that the chain's process runs in: this one, without the dependencies' banners.

    Args:
        temporary: Where its temporary files go.
        secret: A variable that it does not get; None: it gets all.
    """
    # Two arenas for all threads: glibc makes eight a core, which hold 100 MB that nothing uses any more.
    memory = {"MALLOC_ARENA_MAX": "2"}
    own = {"PYTHONHASHSEED": "0", "PYTHONUNBUFFERED": "1", "TMPDIR": str(temporary)}
    inherited = {name: value for name, value in os.environ.items() if name != secret}
    return {**inherited, **_QUIET, **memory, **own}


def quieten() -> None:
    """Hides the banners of dependencies; call it before TensorFlow is imported."""
    os.environ.update(_QUIET)


def serving_python() -> Path:
    """Python of the serving environment, which `make setup` creates."""
    return REPOSITORY / ".venv-serving" / "bin" / "python"


def use_case_names() -> list[str]:
    """Names of the use cases that this repository has."""
    return sorted(path.stem for path in USE_CASES.glob("*.yaml"))


def load(name: str) -> UseCase:
    """Reads the use case called `name`.

    Raises:
        UsageError: It does not exist.
        ConfigError: Its YAML does not parse, or a key or value is not valid.
    """
    path = USE_CASES / f"{name}.yaml"
    if not NAME.fullmatch(name) or not path.is_file():
        raise UsageError(f"No use case {name!r}.", _use_case_hint(name))
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path.name} is not UTF-8.", _FIX) from error
    return parse(text, name=name, home=home(), source=path.name)


def _use_case_hint(name: str) -> str:
    known = use_case_names()
    if near := nearest(name, known):
        return f"Did you mean {near!r}?"
    return f"Use one of: {', '.join(known)}." if known else "Run `new` to create one."


def parse(text: str, *, name: str, home: Path, source: str) -> UseCase:
    """Makes a use case from the text of its YAML; `source` is what messages call it.

    Raises:
        ConfigError: As `load`.
    """
    values, lines = use_case_yaml.read(text, source)
    if own := {"name", "home"} & set(values):
        raise ConfigError(f"{source}: `{min(own)}` cannot be set here.", _FIX)
    try:
        return UseCase(name=name, home=home, **values)
    except ValidationError as error:
        problem = explain(error, values, lines, source, _schema(values.get("task")))
        raise ConfigError(problem, _FIX) from error


def _schema(task: Any) -> dict[str, Any]:
    """The JSON Schema of a use case's YAML, with the evaluation of its task."""
    schema = UseCase.model_json_schema()
    model = next((each for kind, each in EVALUATIONS.items() if kind == task), EVALUATIONS["binary"])
    evaluation = model.model_json_schema()
    schema["$defs"] |= evaluation.pop("$defs") | {"evaluation": evaluation}
    schema["properties"]["evaluation"] = {"$ref": "#/$defs/evaluation"}
    for own in ("name", "home"):
        del schema["properties"][own]
    return schema
