"""Computes tf.Transform's analyzers in memory; with `analyzers.py` it alone calls its private functions.

`tft.AnalyzeDataset` builds some 80 Beam stages for a handful of analyzers, and setting those up takes far
longer than the rows do (docs/decisions/transform.md). Here the graph of operations that tf.Transform makes of
a `preprocessing_fn` is walked instead: one pass over the rows a phase feeds every analyzer of that phase.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import tensorflow as tf
import tensorflow_transform as tft
from tensorflow_metadata.proto.v0 import schema_pb2
from tensorflow_transform import (
    analyzer_nodes,
    annotators,
    graph_context,
    graph_tools,
    impl_helper,
    nodes,
    tf_utils,
)
from tensorflow_transform.tf_metadata import dataset_metadata, metadata_io, schema_utils

from components.transform.analyzers import (
    ACCUMULATES,
    KNOWN,
    STEPS,
    VOCABULARY,
    NotInMemory,
    added,
    started,
)
from perennial import examples
from perennial.progress import report
from perennial.training.scaling import Constants, difference, write_constants
from perennial.user_graph import lines_of_graph, user_graph, write_lines

BATCH_ROWS: Final = 8192
Preprocess = Callable[[Mapping[str, Any]], Mapping[str, Any]]


class NotKept(Exception):
    """The constants of a live version cannot be kept; the text is a sentence that says why."""


def write_transform_graph(
    preprocessing_fn: Preprocess,
    schema: schema_pb2.Schema,
    files: Sequence[str],
    folder: Path,
    work: Path,
    kept: Constants | None = None,
) -> None:
    """Analyses rows and writes what TFX's Transform puts out as `transform_graph`, and its constants.

    Args:
        preprocessing_fn: As tf.Transform takes it.
        schema: The columns of the rows; each is VarLen, as a schema without shapes makes it.
        files: Gzip TFRecords of tf.Examples, at least one.
        folder: The artifact's folder.
        work: A folder for vocabularies before they become assets of the graph.
        kept: Constants of a live version, to be taken instead of those of these rows; vocabularies are new.

    Raises:
        NotInMemory: An analyzer is none of those known here; nothing was written.
        NotKept: Those constants do not fit; nothing was written.
        UserCodeError: An operation of the function fails on the rows.
    """
    features = schema_utils.schema_as_feature_spec(schema).feature_spec
    types = impl_helper.get_type_specs_from_feature_specs(features)
    work.mkdir(parents=True, exist_ok=True)
    graph, inputs, _ = impl_helper.trace_preprocessing_function(
        preprocessing_fn, types, use_tf_compat_v1=False, base_temp_dir=str(work)
    )

    def traced(names: Mapping[str, str], known: Mapping[str, Any]) -> Any:
        context = graph_context.TFGraphContext(tf.Module(), str(work), dict(known))
        function = impl_helper.get_traced_transform_fn(preprocessing_fn, types, context, dict(names))
        return function.get_concrete_function()

    sinks = graph.get_collection(analyzer_nodes.TENSOR_REPLACEMENTS)
    fingerprint = graph_tools.get_analyzers_fingerprint(graph, inputs)
    rows = _Rows(files, features, preprocessing_fn.__module__)
    analysis = _Analysis(traced, sinks, rows, work, kept)
    replacements = analysis.replacements(graph, inputs)
    if kept is not None and (problem := difference(kept, analysis.scale)):
        raise NotKept(problem)
    _write(preprocessing_fn, types, folder, work, fingerprint, replacements)
    metadata_io.write_metadata(
        dataset_metadata.DatasetMetadata(schema), str(folder / tft.TFTransformOutput.RAW_METADATA_DIR)
    )
    if assets := annotators.get_asset_annotations(graph):
        named = folder / tft.TFTransformOutput.TRANSFORMED_METADATA_DIR / tft.TFTransformOutput.ASSET_MAP
        named.write_text(json.dumps(assets), encoding="utf-8")
    write_constants(analysis.scale if kept is None else kept, folder)


def _write(
    preprocessing_fn: Preprocess,
    types: Mapping[str, Any],
    folder: Path,
    work: Path,
    fingerprint: Any,
    replacements: Mapping[str, Any],
) -> None:
    """Writes the graph with its constants, and the schema of what it puts out."""
    target = folder / tft.TFTransformOutput.TRANSFORM_FN_DIR
    graphs: list[Any] = []

    def recorded(inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        graphs.append(tf.compat.v1.get_default_graph())
        return preprocessing_fn(inputs)

    impl_helper.trace_and_write_v2_saved_model(
        str(target), recorded, types, str(work), fingerprint, replacements, None, None
    )
    metadata = target / impl_helper.METADATA_DIR_NAME
    metadata.rename(folder / tft.TFTransformOutput.TRANSFORMED_METADATA_DIR)
    # Of the first trace: that one is saved, a later one gives the metadata.
    write_lines(lines_of_graph(graphs[0], preprocessing_fn.__module__), folder)


class _Rows:
    """The rows to analyse, batch by batch, through a function of their columns."""

    def __init__(self, files: Sequence[str], features: Mapping[str, Any], module: str) -> None:
        self._files = sorted(files)
        self._module = module
        self._dtypes = {name: spec.dtype for name, spec in features.items()}

    def through(self, function: Any) -> Iterator[Mapping[str, Any]]:
        """Outputs of a concrete function of the `preprocessing_fn` for each batch, as arrays by name."""

        def parsed(serialized: tf.Tensor) -> Any:
            ragged = examples.parsed(serialized, self._dtypes)
            return function({name: values.to_sparse() for name, values in ragged.items()})

        batches = examples.batches(self._files, BATCH_ROWS)
        mapped = batches.map(tf.autograph.experimental.do_not_convert(parsed), num_parallel_calls=2)
        module = self._module
        with user_graph(module, lambda: lines_of_graph(function.graph, module)):
            for number, batch in enumerate(mapped.prefetch(1).as_numpy_iterator(), start=1):
                report(number * BATCH_ROWS, None, "rows analysed")
                yield batch


class _Analysis:
    """Values of the operations of one analysis, each computed once.

    Attributes:
        scale: The constants of these rows: all that neither is a vocabulary nor follows from one.
    """

    def __init__(
        self, traced: Any, sinks: Sequence[Any], rows: _Rows, work: Path, kept: Constants | None
    ) -> None:
        for node in _reachable([sink.future for sink in sinks]):
            if type(node.operation_def) not in KNOWN:
                raise NotInMemory(node.operation_def.label)
        self._traced = traced
        self._sinks = sinks
        self._rows = rows
        self._work = work
        self._kept = kept or {}
        self.scale: dict[str, Any] = {}
        self._values: dict[nodes.OperationNode, Sequence[Any]] = {}

    def replacements(self, graph: Any, inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Computes phase after phase what the placeholders of `graph` are replaced by: tensors by name."""
        constants: dict[str, Any] = {}
        while len(constants) < len(self._sinks):
            known = [
                (tf_utils.hashable_tensor_or_op(sink.tensor), sink.tensor.name in constants)
                for sink in self._sinks
            ]
            analyzer = graph_tools.InitializableGraphAnalyzer(graph, inputs, known)
            ready = [
                sink
                for sink in self._sinks
                if sink.tensor.name not in constants
                and all(map(analyzer.ready_to_run, _tensors(sink.future)))
            ]
            self._pass_over_rows([sink.future for sink in ready], constants)
            for sink in ready:
                constants[sink.tensor.name] = self._constant(sink)
        return constants

    def _constant(self, sink: Any) -> Any:
        """What a placeholder is replaced by: a kept constant where one of the same shape is given."""
        value, name = tf.constant(self._value(sink.future), sink.tensor.dtype), sink.tensor.name
        definitions = [node.operation_def for node in _reachable([sink.future])]
        if value.dtype == tf.string or any(isinstance(each, VOCABULARY) for each in definitions):
            return value
        self.scale[name] = value.numpy()
        kept = self._kept.get(name)
        fits = kept is not None and (kept.shape, kept.dtype) == (value.shape, self.scale[name].dtype)
        return tf.constant(kept, value.dtype) if fits else value

    def _pass_over_rows(self, futures: Sequence[nodes.ValueNode], known: Mapping[str, Any]) -> None:
        """Feeds every batch to all that accumulates for these values."""
        consumers = [node for node in _reachable(futures) if isinstance(node.operation_def, ACCUMULATES)]
        taken = [[tensor.name for tensor in _source(node).tensors] for node in consumers]
        function = self._traced({name: name for names in taken for name in names}, known)
        values = [started(node.operation_def) for node in consumers]
        for batch in self._rows.through(function):
            for index, (node, names) in enumerate(zip(consumers, taken, strict=True)):
                arrays = tuple(batch[name] for name in names)
                values[index] = added(node.operation_def, values[index], arrays)
        for node, value in zip(consumers, values, strict=True):
            self._values[node] = (value,)

    def _value(self, node: nodes.ValueNode) -> Any:
        operation = node.parent_operation
        if operation not in self._values:
            inputs = [self._value(value) for value in operation.inputs]
            step = STEPS[type(operation.operation_def)]
            self._values[operation] = step(operation.operation_def, self._work, *inputs)
        return self._values[operation][node.value_index]


def _reachable(values: Sequence[nodes.ValueNode]) -> list[nodes.OperationNode]:
    """Every operation that these values follow from, in a fixed order."""
    reached: dict[nodes.OperationNode, None] = {}
    waiting = [value.parent_operation for value in values]
    while waiting:
        node = waiting.pop(0)
        if node not in reached:
            reached[node] = None
            waiting += [value.parent_operation for value in node.inputs]
    return list(reached)


def _source(accumulates: nodes.OperationNode) -> Any:
    """The definition that names the tensors of the graph which an accumulation takes."""
    (source,) = accumulates.inputs
    return source.parent_operation.operation_def


def _tensors(value: nodes.ValueNode) -> list[Any]:
    """The tensors of the graph that a value follows from."""
    sources = [node.operation_def for node in _reachable([value])]
    return [
        tensor
        for source in sources
        if isinstance(source, analyzer_nodes.TensorSource)
        for tensor in source.tensors
    ]
