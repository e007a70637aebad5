"""Trains any use case's model: the Trainer's `run_fn`, from raw examples to a model that takes raw rows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import keras
import tensorflow as tf

from perennial.errors import ConfigError, PerennialError, UserCodeError
from perennial.schema import model_columns, read_schema
from perennial.task import Task
from perennial.training.checkpoints import Checkpoints, key_of
from perennial.training.data import RowsBeside, TransformGraph, read_table
from perennial.training.fitting import Search, compiled, train
from perennial.training.head import Head
from perennial.training.raw_rows import Row, read_rows
from perennial.training.settings import CHECKPOINTS, Hyperparameters
from perennial.training.signatures import export
from perennial.training.starting_point import StartingPoint
from perennial.training.table import Layout, Table, layout_of
from perennial.training.warm_start import Beginning, WarmStart
from perennial.user_code import defined_at, user_function
from perennial.user_graph import user_graph
from serving.model.columns import InputColumn
from serving.reading.version_rules import VersionRules
from serving.requests.warmup import write_warmup

MODEL_FILE: Final = "model.keras"
SUMMARY_FILE: Final = "training.json"
LOGS: Final = "logs"
WARMUP_ROWS: Final = 16


def run_fn(fn_args: Any) -> None:
    """Trains and exports; TFX's Trainer calls it.

    The number of epochs is searched on the last days of `train`; then the model is trained anew, from the
    same start, on all of its days; where `custom_config` has `epochs`, that many are taken and nothing is
    searched. The files of `eval` are never opened. A warm start begins with the weights of the live version.
    A training that was killed goes on from its checkpoint. Leaves the servable model in
    `fn_args.serving_model_dir`, and in `fn_args.model_run_dir` the Keras model (`model.keras`), TensorBoard's
    loss curves (`logs/search`, `logs/final`) and what was done (`training.json`).

    Args:
        fn_args: TFX's `FnArgs`; `custom_config` has `model` (dotted module with `build_model`),
            `preprocessing` (that with the `preprocessing_fn`), `task` (a `Task` as JSON), `time_column` (or
            null), `seed`, `hyperparameters`, `private` (columns whose values stay out of the model's folder)
            and `reading` (the rules by which the version reads cells, `VersionRules` as JSON); where a warm
            start is wanted also `start` (`StartingPoint` as JSON).

    Raises:
        ConfigError: A hyperparameter of the model is missing or of the wrong type, or the label's type is not
            what the task asks for.
        UserCodeError: `build_model` raises, or returns no model of the task; or an operation of the transform
            or of the model fails on the rows.
        NodeFailed: There is nothing to train on, the loss is not finite, or the export does not score.
    """
    config = fn_args.custom_config
    task = Task.from_json(config["task"])
    settings = Hyperparameters.model_validate(config["hyperparameters"])
    # A process may train twice, and what has drawn before would go on with its draws in spite of the seed.
    keras.utils.clear_session(free_memory=False)
    keras.utils.set_random_seed(config["seed"])
    schema = read_schema(Path(fn_args.schema_path))
    columns = model_columns(schema, "TRAINING")
    transform = TransformGraph(fn_args.transform_graph_path)
    head = Head.of(task, columns)
    model = _built(config, head, transform)
    table, beginning, started = _begun(fn_args, model, head, columns, transform)
    head = beginning.head
    run_dir = Path(fn_args.model_run_dir)
    run_dir.mkdir(parents=True, exist_ok=True)
    servable = Path(fn_args.serving_model_dir)
    with user_graph(config["model"]):
        compiled(model, settings, head)
        searched = train(
            model,
            table,
            settings,
            config["seed"],
            config["time_column"] is not None,
            run_dir / LOGS,
            head.metric,
            known_epochs(config, beginning),
            beginning.parts_of(table),
            Checkpoints(_checkpoints_folder(fn_args)),
        )
        model.save(run_dir / MODEL_FILE)
        export(model, transform, schema, head, servable, VersionRules.from_json(config["reading"]))
    _write_summary(run_dir / SUMMARY_FILE, config, head, len(table), searched, started)
    served = model_columns(schema, "SERVING")
    write_warmup(servable, warmup_rows(fn_args.train_files, served, config["private"]), served)


def _begun(
    fn_args: Any, model: keras.Model, head: Head, columns: Sequence[InputColumn], transform: TransformGraph
) -> tuple[Table, Beginning, Mapping[str, Any]]:
    """Reads the rows, with labels as the loss takes them; a warm start gives the network a version's weights.

    Returns:
        The rows, where training begins, and what `training.json` says of a warm start; or nothing.
    """
    config, layout = fn_args.custom_config, layout_of(model)
    settings = Hyperparameters.model_validate(config["hyperparameters"])
    start = _warm_start(fn_args, transform, layout)

    def read(beside: RowsBeside | None) -> Table:
        time_column, most = config["time_column"], settings.rows_drawn
        with user_graph(config["preprocessing"], lambda: transform.lines):
            return read_table(
                fn_args.train_files, transform, columns, head.task, time_column, layout, most, beside
            )

    try:
        table = read(start.comparison if start else None)
    except (UserCodeError, tf.errors.OpError):
        if start is None or start.comparison is None:
            raise
        start.give_up()
        table = read(None)
    beginning = Beginning(head.scaled_by(table.label))
    if start:
        files = sorted(file for pattern in fn_args.train_files for file in tf.io.gfile.glob(pattern))
        days = settings.early_stopping.days if config["time_column"] is not None else None
        searches = "epochs" not in config
        beginning = start.begin(model, table, beginning.head, columns, files, days, searches=searches)
    labelled = replace(table, label=beginning.head.targets(table.label))
    return labelled, beginning, start.record(beginning) if start else {}


def known_epochs(config: Mapping[str, Any], beginning: Beginning) -> int | None:
    """How many epochs the judged model took; None: they are searched.

    A cold training needs more than a warm one. So those of a judged model that began with a version's weights
    say nothing if this training cannot.
    """
    warm = "start" in config and not StartingPoint.from_json(config["start"]).why_cold
    return None if warm and beginning.why_cold else config.get("epochs")


def _warm_start(fn_args: Any, transform: TransformGraph, layout: Layout) -> WarmStart | None:
    """The version to begin with, or why there is none; None: no warm start is wanted."""
    if "start" not in fn_args.custom_config:
        return None
    point = StartingPoint.from_json(fn_args.custom_config["start"])
    return WarmStart(point.after(Path(fn_args.transform_graph_path)), transform, layout)


def _checkpoints_folder(fn_args: Any) -> Path:
    """`NAME/checkpoints/` and a name for what this training follows from; its rows count when it is read.

    TFX gives a node no folder beside its outputs: this one is beside the folder of all artifacts,
    `NAME/artifacts/<node>/model_run/<execution>`.
    """
    paths = (fn_args.train_files, fn_args.schema_path, fn_args.transform_graph_path)
    followed = (fn_args.custom_config, *paths, tf.__version__, keras.__version__)
    return Path(fn_args.model_run_dir).parents[3] / CHECKPOINTS / key_of(*followed)


def warmup_rows(patterns: Sequence[str], columns: Sequence[InputColumn], private: Sequence[str]) -> list[Row]:
    """Real rows that a server warms up with: they travel with the model, so private columns are missing."""
    files = sorted(file for pattern in patterns for file in tf.io.gfile.glob(pattern))
    rows = read_rows(files, columns, WARMUP_ROWS)
    return [{name: None if name in private else value for name, value in row.items()} for row in rows]


def _built(config: Mapping[str, Any], head: Head, transform: TransformGraph) -> keras.Model:
    sizes = {name: size for name, size in transform.vocabulary_sizes.items() if name != head.task.label}
    if classes := head.task.classes:
        sizes[head.task.label] = len(classes)
    build_model = user_function(config["model"], "build_model")
    try:
        model = build_model(config["hyperparameters"], sizes)
    except UserCodeError as error:
        raise _by_hyperparameters(error) from error.__cause__
    head.check(model, defined_at(build_model, config["model"]))
    return model


def _by_hyperparameters(error: UserCodeError) -> PerennialError:
    """The error of a `build_model` that raised, where it may be one of the hyperparameters."""
    cause = error.__cause__
    if isinstance(cause, KeyError):
        return ConfigError(
            f"{error.where}: {error.what}: build_model reads a key that is neither a hyperparameter nor a"
            " transformed feature.",
            "Set it under training.hyperparameters of the use case, or return it from the preprocessing_fn.",
        )
    if isinstance(cause, TypeError | ValueError):
        return ConfigError(
            f"{error.where}: build_model does not accept the hyperparameters: {error.what}.",
            "Compare training.hyperparameters of the use case with what build_model documents.",
        )
    return error


def _write_summary(
    file: Path,
    config: Mapping[str, Any],
    head: Head,
    rows: int,
    search: Search,
    started: Mapping[str, Any],
) -> None:
    """Writes `training.json`; the metric's curves are in the label's units, as the evaluation's will be.

    `started` is what is said of a warm start, where one was wanted; else empty.
    """
    units = {name: head.std if name.endswith(head.metric) else 1.0 for name in search.history}
    summary = {
        "format": 1,
        "model": config["model"],
        "preprocessing": config["preprocessing"],
        "label": head.task.label,
        "answer": head.to_json(),
        "metric": head.metric,
        "rows": rows,
        "epochs": search.epochs,
        **({"start": started} if started else {}),
        "search": {name: [value * units[name] for value in curve] for name, curve in search.history.items()},
    }
    file.write_text(json.dumps(summary, indent=2, sort_keys=True) + "\n")
