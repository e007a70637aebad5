"""TFX's Transform with an executor that analyses in memory where one machine is enough."""

from tfx import components, types
from tfx.dsl.components.base import executor_spec
from tfx.proto import transform_pb2

from components.transform.executor import Executor


class Transform(components.Transform):
    """The preprocessing graph of a window, its constants taken from the split `train`; no rows come out."""

    EXECUTOR_SPEC = executor_spec.BeamExecutorSpec(Executor)

    def __init__(
        self,
        examples: types.BaseChannel,
        schema: types.BaseChannel,
        preprocessing_fn: str,
        engine: str,
        source: str,
        start: str = "",
    ) -> None:
        """Wires the node.

        Args:
            examples: The window.
            schema: The curated schema.
            preprocessing_fn: Dotted name of the function.
            engine: "in_memory", or "beam" for rows that a cluster reads.
            source: Digest of the code that runs.
            start: The version whose constants are kept (`StartingPoint` as JSON); empty: those of the rows.
        """
        config = {"engine": engine, "source": source}
        super().__init__(
            examples=examples,
            schema=schema,
            preprocessing_fn=preprocessing_fn,
            materialize=False,
            disable_statistics=True,
            splits_config=transform_pb2.SplitsConfig(analyze=["train"], transform=["train"]),
            disable_analyzer_cache=True,
            custom_config=config | ({"start": start} if start else {}),
        )
