"""Makes the identifiers that a transform calls columns of any name by."""

import keyword
import re
import unicodedata
from collections.abc import Collection, Sequence

_LONGEST = 40


def features_of(columns: Sequence[str], label: str) -> dict[str, str]:
    """Column -> identifier, for all of them; the same columns in the same order give the same.

    No two are alike, none is another column's name, and none continues another with an underscore: a
    transform makes `x_missing` and the like of `x`.
    """
    place = {name: number for number, name in enumerate(columns, start=1)}
    wanted = {name: _slug(name, place[name]) for name in columns}
    features = {label: wanted[label]} if label in place else {}
    # Columns that are called as they would be come first, so that they keep their names.
    for name in sorted(columns, key=lambda each: (wanted[each] != each, place[each])):
        if name == label:
            continue
        others = (place.keys() - {name}) | {label}
        feature = wanted[name]
        if _clashes(feature, others, features.values()):
            feature = f"c{place[name]}_{feature}"
        while _clashes(feature, others, features.values()):
            feature = f"x{feature}"
        features[name] = feature
    return {name: features[name] for name in columns}


def _slug(name: str, number: int) -> str:
    """A legal identifier in lower case that looks like the name."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss")).encode("ascii", "ignore").decode()
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", plain).lower()
    slug = re.sub(r"[^a-z0-9]+", "_", words).strip("_")[:_LONGEST].strip("_")
    if not slug:
        return f"column_{number}"
    return f"c_{slug}" if slug[0].isdigit() or keyword.iskeyword(slug) else slug


def _clashes(feature: str, names: Collection[str], features: Collection[str]) -> bool:
    return feature in names or any(
        feature == other or feature.startswith(f"{other}_") or other.startswith(f"{feature}_")
        for other in features
    )
