"""What is done in a part of the proof, by whom, and what `history` must say of it afterwards."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

# The models, by the number of the version that each is pushed as.
MODELS: Final = (1, 2, 3)
# A round: what is done, and the model that is live then. It ends as it began, with the newest model.
ROUND: Final = (("rollback", 2), ("rollback", 1), ("forward", 2), ("forward", 3))
CLIENTS: Final = {"latest": 12, "gRPC": 4}
TOLERANCE: Final = 1e-6  # of a score: rows are scored in batches of other sizes


def wrong_in_history(content: Mapping[str, Any], rounds: int) -> list[str]:
    """What `history --json` does not say of all that was done, in sentences; empty if it says all.

    Args:
        content: Its answer.
        rounds: How many rounds there were.
    """
    oldest_first: Sequence[Mapping[str, Any]] = content["versions"][::-1]
    actions = [(entry["action"], entry["restores"]) for entry in oldest_first]
    wrong = []
    if actions != [*(("push", None) for _ in MODELS), *ROUND * rounds]:
        wrong.append(f"It shows {actions}.")
    following = [*(entry["action"] for entry in oldest_first[1:]), ""]
    for entry, action in zip(oldest_first, following, strict=True):
        rolled = entry["rolled_back"]
        if (rolled is not None) != (action == "rollback"):
            wrong.append(f"Version {entry['version']} was followed by `{action}`, and says {rolled}.")
        elif rolled and not rolled["undone"]:
            wrong.append(f"Version {entry['version']}: nothing says that its rollback was undone.")
    return wrong
