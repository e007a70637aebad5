"""Loads any SavedModel as TF Serving does, by the TF 1 loader, and runs its signatures."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy.typing as npt
import tensorflow as tf
from tensorflow.core.protobuf import config_pb2

SignatureDef = Any  # meta_graph_pb2.SignatureDef
LOAD_ERRORS: Final = (OSError, RuntimeError, ValueError, KeyError, tf.errors.OpError)


class LoadError(ValueError):
    """A folder that cannot be served; the message is a sentence with the reason."""


class SavedModel:
    """One loaded SavedModel. `run` may be called from several threads.

    A session of the TF 1 loader, with prepared calls and one thread, scores one raw row in about a quarter
    of the time that `tf.saved_model.load(...).signatures[...]` takes; for more cores, start more processes.

    Attributes:
        signatures: Name -> SignatureDef, without TensorFlow's own (`__saved_model_init_op`).
    """

    def __init__(self, session: Any, signatures: Mapping[str, SignatureDef]) -> None:
        """Takes what `load` made."""
        self.signatures = signatures
        self._session = session
        self._calls: dict[tuple[str, ...], Callable[..., list[npt.NDArray[Any]]]] = {}

    @classmethod
    def load(cls, path: Path) -> "SavedModel":
        """Loads the graph tagged "serve" from its folder.

        Raises:
            LoadError: The folder is not a SavedModel, or not whole.
        """
        session = tf.compat.v1.Session(graph=tf.Graph(), config=_one_thread())
        try:
            with session.graph.as_default():
                meta = tf.compat.v1.saved_model.load(session, ["serve"], str(path))
        except LOAD_ERRORS as error:
            session.close()
            raise LoadError(f"Cannot load the SavedModel in {path}: {kind_of(error)}.") from error
        signatures = {name: one for name, one in meta.signature_def.items() if not name.startswith("__")}
        return cls(session, signatures)

    def run(
        self, signature: str, inputs: Mapping[str, npt.NDArray[Any]], outputs: Sequence[str] = ()
    ) -> dict[str, npt.NDArray[Any]]:
        """Runs one signature.

        Args:
            signature: One of `signatures`.
            inputs: Input key -> array of the dtype that the signature says; strings are objects (bytes).
            outputs: Output keys that are wanted; empty: all.

        Returns:
            Output key -> array.

        Raises:
            KeyError: The signature has no such input or output.
            tf.errors.OpError: The graph could not take the input.
        """
        definition = self.signatures[signature]
        # Of each signature one call, whatever the order of inputs and the choice of outputs: each costs half
        # a second to make, and a caller could have as many made as there are orders.
        names, keys = sorted(definition.inputs), sorted(definition.outputs)
        tensors = dict(
            zip(keys, self.prepared(signature, names, keys)(*(inputs[name] for name in names)), strict=True)
        )
        return {key: tensors[key] for key in outputs or keys}

    def prepared(
        self, signature: str, inputs: Sequence[str], outputs: Sequence[str]
    ) -> Callable[..., list[npt.NDArray[Any]]]:
        """The call of a signature that takes arrays in the order of `inputs` and gives those of `outputs`."""
        key = (signature, *inputs, "->", *outputs)
        if key not in self._calls:
            definition = self.signatures[signature]
            options = config_pb2.CallableOptions(
                feed=[definition.inputs[name].name for name in inputs],
                fetch=[definition.outputs[name].name for name in outputs],
            )
            self._calls[key] = self._session._make_callable_from_options(options)
        return self._calls[key]

    def close(self) -> None:
        """Frees the model's memory; running is over."""
        self._calls.clear()
        self._session.close()


def kind_of(error: BaseException) -> str:
    """The error's type and the first line of what it says."""
    return f"{type(error).__name__} ({str(error).splitlines()[0][:200] if str(error) else 'no message'})"


def _one_thread() -> Any:
    return tf.compat.v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
