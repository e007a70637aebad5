"""The answer of `prune`, for a person."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from perennial.text import hanging, plural, wrapped

# What one and several of a kind are called.
_WORDS: Final = {
    "versions": ("version", "versions"),
    "outputs": ("output of a node", "outputs of nodes"),
    "rows": ("span's rows", "spans' rows"),
    "runs": ("run", "runs"),
    "quarantine": ("quarantine file", "quarantine files"),
    "sketches": ("sketch of a pruned span", "sketches of pruned spans"),
    "alerts": ("alert", "alerts"),
    "calibrations": ("calibration of drift", "calibrations of drift"),
    "ticks": ("time of the schedule", "times of the schedule"),
}
_MOST_KEYS: Final = 6
_WIDTH: Final = 34


def pruned_block(content: Mapping[str, Any]) -> str:
    """What went or would go, what that frees, and why the rest stays."""
    dry = content["dry_run"]
    rows = content["metadata_rows"]
    if not content["removed"] and not rows["removed"]:
        lines = [f"{content['use_case']}: nothing to prune."]
    else:
        size = _size(content["bytes"])
        does = f"pruning would free {size}; nothing was removed" if dry else f"{size} were freed"
        lines = [f"{content['use_case']}: {does}.", "  would go" if dry else "  went"]
        lines += [_gone(kind, each) for kind, each in content["removed"].items()]
        if rows["removed"]:
            lines.append(f"    {rows['removed']:,} of {rows['before']:,} rows of MLMD")
    if dry and content["kept"]:
        lines += ["  stays, because", *_kept(content["kept"])]
    return "\n".join(lines)


def block_of_all(content: Mapping[str, Any]) -> str:
    """The same of all use cases."""
    blocks = [
        wrapped(f"{each['use_case']}: {each['error']} {each['remedy']}", "")
        if "error" in each
        else pruned_block(each)
        for each in content["use_cases"]
    ]
    return "\n".join(blocks) or "No use cases yet. Run `new` to create one."


def _gone(kind: str, each: Mapping[str, Any]) -> str:
    what = plural(each["count"], *_WORDS[kind])
    size = _size(each["bytes"]) if each["bytes"] else ""
    keys = ", ".join(each["keys"][:_MOST_KEYS])
    more = f" and {len(each['keys']) - _MOST_KEYS:,} more" if len(each["keys"]) > _MOST_KEYS else ""
    return hanging(f"{keys}{more}", f"    {what:<{_WIDTH}}{size:>10}  ", " " * (_WIDTH + 16)).rstrip()


def _kept(kept: list[dict[str, Any]]) -> Iterator[str]:
    """Each version with all its reasons; of the rest how many stay for the same first reason."""
    counts: dict[tuple[str, str], int] = {}
    for each in kept:
        if each["kind"] == "versions":
            yield _line(f"version {each['key']}", "; ".join(each["why"]))
        else:
            key = (each["kind"], each["why"][0].partition(": ")[0])
            counts[key] = counts.get(key, 0) + 1
    for (kind, why), count in counts.items():
        yield _line(plural(count, *_WORDS[kind]), why)


def _line(what: str, why: str) -> str:
    return hanging(why, f"    {what:<{_WIDTH}}", " " * (_WIDTH + 4))


def _size(count: int) -> str:
    """A number of bytes in the largest unit of which there is one."""
    size, unit = float(count), "B"
    for unit in ("B", "KiB", "MiB", "GiB"):
        if size < 1024 or unit == "GiB":
            break
        size /= 1024
    return f"{size:,.0f} {unit}" if unit == "B" else f"{size:,.1f} {unit}"
