"""The ChampionResolver component: the model that is live and its twin, as artifacts for the Evaluator."""

from tfx import types
from tfx.dsl.components.base import base_component, executor_spec
from tfx.types import component_spec, standard_artifacts

from components.champion_resolver import executor


class ChampionResolverSpec(component_spec.ComponentSpec):
    """What the ChampionResolver is told and what comes out."""

    PARAMETERS = {
        "models": component_spec.ExecutionParameter(type=str),
        "version": component_spec.ExecutionParameter(type=int),
        "digest": component_spec.ExecutionParameter(type=str),
        "twin": component_spec.ExecutionParameter(type=str),
        "twin_digest": component_spec.ExecutionParameter(type=str),
        "source": component_spec.ExecutionParameter(type=str),
    }
    INPUTS: dict[str, component_spec.ChannelParameter] = {}
    OUTPUTS = {
        "model": component_spec.ChannelParameter(type=standard_artifacts.Model),
        "twin_model": component_spec.ChannelParameter(type=standard_artifacts.Model),
    }


class ChampionResolver(base_component.BaseComponent):
    """Gives what is deployed, not what was last blessed (those differ after a rollback or a refused push)."""

    SPEC_CLASS = ChampionResolverSpec
    EXECUTOR_SPEC = executor_spec.ExecutorClassSpec(executor.Executor)

    def __init__(
        self, models: str, version: int, digest: str, twin: str, twin_digest: str, source: str
    ) -> None:
        """Makes the node.

        Args:
            models: The models folder.
            version: The live version; 0 where nothing is live, or what is live is damaged.
            digest: Digest of its files, so that other files under the same number are a cache miss.
            twin: Folder of its twin's SavedModel; empty where it was not refit, or the twin is lost.
            twin_digest: Digest of the twin's files.
            source: Digest of the code that runs.
        """
        spec = ChampionResolverSpec(
            models=models,
            version=version,
            digest=digest,
            twin=twin,
            twin_digest=twin_digest,
            source=source,
            model=types.Channel(type=standard_artifacts.Model),
            twin_model=types.Channel(type=standard_artifacts.Model),
        )
        super().__init__(spec=spec)
