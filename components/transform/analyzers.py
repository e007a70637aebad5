"""What each of tf.Transform's analyzers computes of rows in memory, by tf.Transform's own combiners."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import tensorflow as tf
from tensorflow_transform import analyzer_nodes
from tensorflow_transform.beam.analyzer_impls import maybe_add_empty_vocabulary_dummy

VOCABULARY: Final = analyzer_nodes.VocabularyAccumulate
# As tf.Transform numbers the orders of a vocabulary.
_BY_FREQUENCY: Final = 1
ACCUMULATES: Final = (analyzer_nodes.CacheableCombineAccumulate, VOCABULARY)
# What an analyzer takes of one batch: an array for each of its inputs.
Arrays = tuple[Any, ...]


class NotInMemory(Exception):
    """The `preprocessing_fn` has an analyzer that is computed through Beam alone; the text names it."""


def started(definition: Any) -> Any:
    """What an accumulation begins with."""
    if isinstance(definition, VOCABULARY):
        if definition.vocab_ordering_type != _BY_FREQUENCY:
            raise NotInMemory(definition.label)
        return Counter()
    return definition.combiner.create_accumulator()


def added(definition: Any, value: Any, arrays: Arrays) -> Any:
    """What has accumulated, one batch later."""
    if isinstance(definition, VOCABULARY):
        (tokens,) = arrays
        value.update(tokens.tolist())
        return value
    return definition.combiner.add_input(value, arrays)


def _merge(definition: Any, _work: Path, accumulator: Any) -> Sequence[Any]:
    return (definition.combiner.extract_output(definition.combiner.merge_accumulators([accumulator])),)


def _outputs(_definition: Any, _work: Path, outputs: Sequence[Any]) -> Sequence[Any]:
    return outputs


def _counted(_definition: Any, _work: Path, counts: Counter[Any]) -> Sequence[Any]:
    """As (count, token); of those tf.Transform's own vocabularies are made."""
    return ([(count, token) for token, count in counts.items()],)


def _size(_definition: Any, _work: Path, counted: Sequence[Any]) -> Sequence[Any]:
    # An empty vocabulary is written with one token that stands for none.
    return (max(len(counted), 1),)


def _pruned(definition: Any, _work: Path, counted: Sequence[tuple[int, Any]]) -> Sequence[Any]:
    if definition.key_fn or definition.informativeness_threshold > float("-inf"):
        raise NotInMemory(definition.label)
    kept = [pair for pair in counted if pair[0] >= (definition.frequency_threshold or 0)]
    if definition.input_dtype != tf.string.name:
        kept = [(count, tf.compat.as_bytes(tf.compat.as_str_any(token))) for count, token in kept]
    if definition.top_k is not None:
        kept = sorted(kept, reverse=True)[: definition.top_k]
    return (kept,)


def _written(definition: Any, work: Path, counted: Sequence[tuple[int, bytes]]) -> Sequence[Any]:
    """Writes a vocabulary, most frequent tokens first; gives its path."""
    if definition.fingerprint_shuffle or definition.file_format != "text":
        raise NotInMemory(definition.label)
    ordered = maybe_add_empty_vocabulary_dummy(sorted(counted, reverse=True), definition.input_dtype)
    lines = [b"%d %s" % pair if definition.store_frequency else pair[1] for pair in ordered]
    path = work / definition.vocab_filename
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return (str(path),)


STEPS: Final[Mapping[type, Callable[..., Sequence[Any]]]] = {
    analyzer_nodes.CacheableCombineMerge: _merge,
    analyzer_nodes.ExtractCombineMergeOutputs: _outputs,
    analyzer_nodes.VocabularyMerge: _counted,
    analyzer_nodes.VocabularyCount: _size,
    analyzer_nodes.VocabularyPrune: _pruned,
    analyzer_nodes.VocabularyOrderAndWrite: _written,
}
KNOWN: Final = (analyzer_nodes.TensorSource, *ACCUMULATES, *STEPS)
