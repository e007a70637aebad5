"""Brings artifacts that earlier runs made into the chain, by the URIs that the ledger holds."""

from collections.abc import Mapping, Sequence
from typing import Any

from tfx.dsl.components.common import resolver
from tfx.types import Channel


class ByUri(resolver.ResolverStrategy):
    """Takes the artifacts at the given URIs; a node gets them in the order of their ids.

    TFX's own `SpanRangeStrategy` takes every version of a span and says nothing of gaps; which versions are
    accepted is the ledger's to say.
    """

    def __init__(self, uris: Mapping[str, Sequence[str]]) -> None:
        """Remembers the URIs wanted, by input."""
        self._uris = {key: tuple(wanted) for key, wanted in uris.items()}

    def resolve_artifacts(self, store: Any, input_dict: dict[str, list[Any]]) -> dict[str, list[Any]] | None:
        """The wanted artifacts of each input; None (which fails what needs them) if one is not known."""
        resolved = {}
        for key, artifacts in input_dict.items():
            by_uri = {artifact.uri: artifact for artifact in artifacts}
            if any(uri not in by_uri for uri in self._uris[key]):
                return None
            resolved[key] = [by_uri[uri] for uri in self._uris[key]]
        return resolved


def brought(node: str, **wanted: tuple[str | Sequence[str], Channel]) -> resolver.Resolver:
    """A node that brings artifacts of earlier passes.

    Args:
        node: Its id.
        wanted: By output: the URI, or the URIs, and all that was made of its kind.
    """
    uris = {key: [uri] if isinstance(uri, str) else list(uri) for key, (uri, _) in wanted.items()}
    channels = {key: channel for key, (_, channel) in wanted.items()}
    return resolver.Resolver(strategy_class=ByUri, config={"uris": uris}, **channels).with_id(node)


def made_by(node: str, key: str, artifact_type: Any) -> Channel:
    """All that the node called `node` ever put out under `key`, in any run of this pipeline."""
    return Channel(type=artifact_type, producer_component_id=node, output_key=key)
