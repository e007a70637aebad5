"""The page at `/`: its headers, and the models that it shows."""

import base64
import hashlib
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from serving.model.description import described_columns, example_row
from serving.reading.rules import ISO
from serving.requests.warmup import first_row

if TYPE_CHECKING:
    from serving.model.models import LoadedVersion

Json = dict[str, Any]
PAGE: Final = (Path(__file__).parent / "page.html").read_bytes()
# Of a domain that is larger the page offers the first; any text can be written.
_MOST_KNOWN: Final = 500


def _digests(tag: str) -> str:
    """The page's own inline scripts or styles, as a Content-Security-Policy names them: no others run."""
    inline = re.findall(rf"<{tag}>(.*?)</{tag}>".encode(), PAGE, re.DOTALL)
    return " ".join(f"'sha256-{base64.b64encode(hashlib.sha256(text).digest()).decode()}'" for text in inline)


HEADERS: Final[Mapping[str, str]] = {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": (
        f"default-src 'none'; script-src {_digests('script')}; style-src {_digests('style')};"
        " img-src data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cache-control": "no-store",
}


def models_json(
    loaded: Sequence["LoadedVersion"],
    live: Mapping[str, int | None],
    private: Mapping[str, Collection[str]] | None = None,
) -> Json:
    """The models as the page shows them (`/page.json`): versions with columns, example row and card.

    Reads the schemas in the versions' folders, so not in the event loop.

    Args:
        loaded: The versions that can be asked.
        live: Model, in the order in which they are offered -> the version that answers when none is named.
        private: Model -> columns that the example row, a real one, does not show.
    """
    return {
        "models": [
            {
                "name": name,
                "live": number,
                "description": _description(loaded, name, number),
                "versions": [
                    _version(each, (private or {}).get(name, ())) for each in _newest_first(loaded, name)
                ],
            }
            for name, number in live.items()
        ]
    }


def _newest_first(loaded: Sequence["LoadedVersion"], name: str) -> list["LoadedVersion"]:
    return sorted((each for each in loaded if each.model == name), key=lambda each: -each.number)


def _description(loaded: Sequence["LoadedVersion"], name: str, number: int | None) -> str:
    live = next((each for each in loaded if (each.model, each.number) == (name, number)), None)
    return str(live.card.get("description", "")) if live else ""


def _version(version: "LoadedVersion", private: Collection[str]) -> Json:
    columns = described_columns(version)
    example = example_row(columns)
    if version.engine:
        first = first_row(version.path, version.engine.columns) or {}
        # It has dates as ISO text, which a column does not read if another format means something else by it.
        unread = {column.name for column in columns if column.formats and ISO not in column.formats}
        example |= {name: value for name, value in first.items() if name not in unread}
    described = [{**asdict(column), "domain": column.domain[:_MOST_KNOWN]} for column in columns]
    return {
        "number": version.number,
        "columns": described,
        "kind": version.engine.answers.kind if version.engine else None,
        "example": {name: None if name in private else value for name, value in example.items()},
        "card": _finite(dict(version.card)),
    }


def _finite(value: Any) -> Any:
    """A model card without the NaN and Infinity that a browser's JSON does not have."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _finite(each) for key, each in value.items()}
    return [_finite(each) for each in value] if isinstance(value, list) else value
