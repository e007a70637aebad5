"""Brings artifacts that earlier runs made into the chain, by the URIs that the ledger holds."""

from collections.abc import Sequence
from typing import Any

from tfx.dsl.components.common import resolver


class ByUri(resolver.ResolverStrategy):
    """Takes the artifacts at the given URIs; a node gets them in the order of their ids.

    TFX's own `SpanRangeStrategy` takes every version of a span and says nothing of gaps; which versions are
    accepted is the ledger's to say.
    """

    def __init__(self, uris: Sequence[str]) -> None:
        """Remembers the URIs wanted."""
        self._uris = tuple(uris)

    def resolve_artifacts(self, store: Any, input_dict: dict[str, list[Any]]) -> dict[str, list[Any]] | None:
        """The wanted artifacts of each input; None (which fails what needs them) if one is not known."""
        resolved = {}
        for key, artifacts in input_dict.items():
            by_uri = {artifact.uri: artifact for artifact in artifacts}
            if any(uri not in by_uri for uri in self._uris):
                return None
            resolved[key] = [by_uri[uri] for uri in self._uris]
        return resolved
