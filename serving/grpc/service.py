"""TF Serving's gRPC services over what a worker serves."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final

import grpc
import numpy as np
from tensorflow_serving.apis import (
    classification_pb2,
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
    regression_pb2,
)

from serving.errors import ServingError, invalid, printable
from serving.grpc.rows import raw_form, rows_of_columns
from serving.model.engine import RAW_COLUMNS
from serving.model.models import LoadedVersion, Models
from serving.observe.observer import Observer
from serving.replies.metadata import SIGNATURE_DEF, metadata_response, status_response
from serving.requests import classify
from serving.requests.json_tensor import DEFAULT_SIGNATURE
from serving.requests.tensor_protos import array_of, proto_of

CLASSIFY: Final = "tensorflow/serving/classify"
REGRESS: Final = "tensorflow/serving/regress"


@dataclass
class _Call:
    """What is noted of one call while it is answered."""

    context: Any
    spec: Any = None
    version: LoadedVersion | None = None
    rows: int = 0

    @property
    def timeout(self) -> float | None:
        """Seconds that the client still waits; None: it does not say."""
        return self.context.time_remaining()


class Services(
    prediction_service_pb2_grpc.PredictionServiceServicer, model_service_pb2_grpc.ModelServiceServicer
):
    """PredictionService and ModelService."""

    def __init__(self, models: Models, observer: Observer, most_bytes: int) -> None:
        """Takes what is served, who notes it, and how large a tensor may be."""
        self._models = models
        self._observer = observer
        self._most_bytes = most_bytes

    async def Predict(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's names
        """Any signature; of a model that takes raw rows they are checked and batched with all others'."""
        return await self._answered("predict", request, context, self._predict)

    async def Classify(self, request: Any, context: Any) -> Any:  # noqa: N802
        """tf.Examples through a signature that gives classes, scores or both."""
        return await self._answered("classify", request, context, self._classify)

    async def Regress(self, request: Any, context: Any) -> Any:  # noqa: N802
        """tf.Examples through a signature that gives one number each."""
        return await self._answered("regress", request, context, self._regress)

    async def MultiInference(self, request: Any, context: Any) -> Any:  # noqa: N802
        """The same tf.Examples through several such signatures."""
        return await self._answered("multi_inference", request, context, self._multi_inference)

    async def GetModelMetadata(self, request: Any, context: Any) -> Any:  # noqa: N802
        """The signatures of a version."""
        return await self._answered("metadata", request, context, self._metadata)

    async def GetModelStatus(self, request: Any, context: Any) -> Any:  # noqa: N802
        """What is known of the versions of a model."""
        return await self._answered("status", request, context, self._status)

    async def HandleReloadConfigRequest(self, request: Any, context: Any) -> Any:  # noqa: N802
        """Not supported: models are configured where the server is started."""
        del request
        text = "ReloadConfig is not supported. Change the file of --model_config_file instead."
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, text)

    async def _answered(
        self, verb: str, request: Any, context: Any, answer: Callable[[Any, _Call], Awaitable[Any]]
    ) -> Any:
        started = time.perf_counter()
        call = _Call(context, None if verb == "multi_inference" else request.model_spec)
        status, problem, reply = grpc.StatusCode.OK, "", None
        try:
            reply = await answer(request, call)
        except ServingError as error:
            status, problem = error.code, error.message
        self._observer.request(
            api="grpc",
            model=call.spec.name if call.spec else "",
            version=call.version.number if call.version else None,
            verb=verb,
            status=status.name,
            seconds=time.perf_counter() - started,
            rows=call.rows,
            bytes_in=request.ByteSize(),
            peer=context.peer().rpartition(":")[0],
        )
        if status is not grpc.StatusCode.OK:
            await context.abort(status, printable(problem))
        return reply

    def _find(self, spec: Any, call: _Call) -> LoadedVersion:
        call.spec = spec
        if not spec.name:
            raise invalid("Missing ModelSpec name.")
        call.version = self._models.find(spec.name, *_choice(spec))
        return call.version

    async def _predict(self, request: Any, call: _Call) -> Any:
        version = self._find(request.model_spec, call)
        name = request.model_spec.signature_name
        rows_of = raw_form(version.engine, name, set(request.inputs)) if version.engine else None
        if version.engine and rows_of:
            inputs = {key: array_of(key, proto, self._most_bytes) for key, proto in request.inputs.items()}
            rows = rows_of(inputs, version.engine)
            answers = version.engine.answers
            _check_filter(request.output_filter, {*answers.outputs})
            tensors = answers.tensors(await self._score(version, rows, call))
            outputs = {key: tensors[key] for key in request.output_filter or tensors}
            name = name or (RAW_COLUMNS if rows_of is rows_of_columns else DEFAULT_SIGNATURE)
        else:
            name = name or DEFAULT_SIGNATURE
            outputs = await self._run(version, name, request, call)
        reply = predict_pb2.PredictResponse(model_spec=_spec(version, name))
        for key, array in outputs.items():
            reply.outputs[key].CopyFrom(proto_of(array))
        return reply

    async def _score(self, version: LoadedVersion, rows: list[Any], call: _Call) -> Any:
        call.rows = len(rows)
        scored = await version.score(rows, timeout=call.timeout)
        for error in scored.errors:
            self._observer.refused(version.model, error.column)
        if scored.errors:
            raise invalid(scored.refusal)
        self._observer.scored(version, rows, scored.scores)
        return scored.scores

    async def _run(self, version: LoadedVersion, name: str, request: Any, call: _Call) -> dict[str, Any]:
        definition = version.saved.signatures.get(name)
        if definition is None:
            text = f'Serving signature key "{name[:100]}" not found.'
            raise ServingError(grpc.StatusCode.FAILED_PRECONDITION, text)
        _check_inputs(set(request.inputs), set(definition.inputs))
        _check_filter(request.output_filter, set(definition.outputs))
        inputs = {}
        for key, proto in request.inputs.items():
            if proto.dtype != definition.inputs[key].dtype:
                raise invalid(f"Input {key!r}: the dtype is not that of the signature.")
            inputs[key] = array_of(key, proto, self._most_bytes)
        return await version.run(name, inputs, list(request.output_filter), timeout=call.timeout)

    async def _classify(self, request: Any, call: _Call) -> Any:
        version = self._find(request.model_spec, call)
        examples = classify.examples_of_input(request.input)
        name, outputs = await self._examples(version, request.model_spec, examples, CLASSIFY, call)
        result = classify.classification_result(outputs, len(examples))
        return classification_pb2.ClassificationResponse(model_spec=_spec(version, name), result=result)

    async def _regress(self, request: Any, call: _Call) -> Any:
        version = self._find(request.model_spec, call)
        examples = classify.examples_of_input(request.input)
        name, outputs = await self._examples(version, request.model_spec, examples, REGRESS, call)
        result = classify.regression_result(outputs, len(examples))
        return regression_pb2.RegressionResponse(model_spec=_spec(version, name), result=result)

    async def _multi_inference(self, request: Any, call: _Call) -> Any:
        _check_tasks(request.tasks)
        reply = inference_pb2.MultiInferenceResponse()
        examples = classify.examples_of_input(request.input)
        for task in request.tasks:
            version = self._find(task.model_spec, call)
            name, outputs = await self._examples(version, task.model_spec, examples, task.method_name, call)
            result = reply.results.add(model_spec=_spec(version, name))
            if task.method_name == CLASSIFY:
                result.classification_result.CopyFrom(classify.classification_result(outputs, len(examples)))
            else:
                result.regression_result.CopyFrom(classify.regression_result(outputs, len(examples)))
        return reply

    async def _examples(
        self, version: LoadedVersion, spec: Any, examples: list[bytes], method: str, call: _Call
    ) -> tuple[str, dict[str, Any]]:
        name = spec.signature_name or DEFAULT_SIGNATURE
        definition = classify.find_signature(version.saved.signatures, spec.signature_name)
        outputs_of = classify.classify_outputs if method == CLASSIFY else classify.regress_outputs
        call.rows = len(examples)
        inputs = {classify.INPUTS: np.array(examples, object)}
        return name, await version.run(name, inputs, outputs_of(definition), timeout=call.timeout)

    async def _metadata(self, request: Any, call: _Call) -> Any:
        if not request.HasField("model_spec"):
            raise invalid("Missing ModelSpec")
        if not request.metadata_field:
            raise invalid("GetModelMetadataRequest must specify at least one metadata_field")
        for wanted in request.metadata_field:
            if wanted != SIGNATURE_DEF:
                raise invalid(f"Metadata field {wanted[:100]} is not supported")
        version = self._find(request.model_spec, call)
        reply: get_model_metadata_pb2.GetModelMetadataResponse = metadata_response(
            version.model, version.number, version.saved.signatures
        )
        return reply

    async def _status(self, request: Any, call: _Call) -> Any:
        if not request.HasField("model_spec"):
            raise invalid("Missing ModelSpec")
        spec = call.spec = request.model_spec
        reply: get_model_status_pb2.GetModelStatusResponse = status_response(
            self._models.status(spec.name, *_choice(spec))
        )
        return reply


def _choice(spec: Any) -> tuple[int | None, str | None]:
    """The version and the label that a ModelSpec names."""
    chosen = spec.WhichOneof("version_choice")
    return (
        spec.version.value if chosen == "version" else None,
        spec.version_label if chosen == "version_label" else None,
    )


def _spec(version: LoadedVersion, signature: str) -> Any:
    spec = model_pb2.ModelSpec(name=version.model, signature_name=signature)
    spec.version.value = version.number
    return spec


def _check_inputs(sent: set[str], wanted: set[str]) -> None:
    if sent != wanted:
        extra, missing = ",".join(sorted(sent - wanted))[:300], ",".join(sorted(wanted - sent))
        raise invalid(
            f"input size does not match signature: {len(sent)}!={len(wanted)}. Sent extra: {{{extra}}}. "
            f"Missing but required: {{{missing}}}."
        )


def _check_filter(wanted: Any, outputs: set[str]) -> None:
    for alias in wanted:
        if alias not in outputs:
            raise invalid(
                f"output tensor alias not found in signature: {alias[:100]} "
                f"Outputs expected to be in the set {{{','.join(sorted(outputs))}}}."
            )
    if len(set(wanted)) < len(wanted):
        raise invalid("duplicate output tensor alias")


def _check_tasks(tasks: Any) -> None:
    """As TF Serving does: one model, signatures that differ, methods that are known."""
    if any(not task.model_spec.name for task in tasks):
        raise invalid("Found ModelSpec with an empty model name.")
    if len({task.model_spec.name for task in tasks}) > 1:
        raise invalid("All ModelSpecs in a MultiInferenceRequest must access the same model name.")
    names = [task.model_spec.signature_name or DEFAULT_SIGNATURE for task in tasks]
    for name in names:
        if names.count(name) > 1:
            raise invalid(f"Duplicate evaluation of signature: {name[:100]}")
    for task in tasks:
        if task.method_name not in (CLASSIFY, REGRESS):
            text = f"Unsupported signature method_name: {task.method_name[:100]}"
            raise ServingError(grpc.StatusCode.UNIMPLEMENTED, text)
