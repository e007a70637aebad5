"""Names the ids that a transform makes of columns of any name: `Größe (cm)` gives `grosse_cm_id`."""

import re
import unicodedata
from collections.abc import Sequence

_LONGEST = 40


def features_of(columns: Sequence[str], label: str) -> dict[str, str]:
    """Column -> the name of its feature, an identifier; the same columns in the same order give the same.

    The label has none. A name ends in `id`; one that is taken goes on with a number, as in `shop_id_2`. No
    two are equal, and none is the name of another column or of the label: a network is given the number of
    classes under the label's name.
    """
    features: dict[str, str] = {}
    used: set[str] = set()
    # A column that is called as its feature would be comes first, so that it keeps its name.
    place = {name: number for number, name in enumerate(columns, start=1)}
    wanted = {name: _feature(name, place[name]) for name in columns if name != label}
    for name in sorted(wanted, key=lambda each: (wanted[each] != each, place[each])):
        feature, number = wanted[name], 2
        while feature in used or feature == label or (feature != name and feature in place):
            feature, number = f"{wanted[name]}_{number}", number + 1
        features[name] = feature
        used.add(feature)
    return {name: features[name] for name in wanted}


def _feature(name: str, number: int) -> str:
    """A legal identifier in lower case that looks like the name and ends in `id`."""
    plain = unicodedata.normalize("NFKD", name.replace("ß", "ss")).encode("ascii", "ignore").decode()
    words = re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", plain).lower()
    slug = re.sub(r"[^a-z0-9]+", "_", words).strip("_")[:_LONGEST].strip("_")
    if not slug:
        slug = f"column_{number}"
    elif slug[0].isdigit():
        slug = f"column_{slug}"
    return slug if slug == "id" or slug.endswith("_id") else f"{slug}_id"
