"""The section `schedule` of a YAML in which it is a comment, as a user sets it: by removing `# `."""


def uncommented(text: str) -> str:
    """The YAML with the section, every line of it."""
    before, _, section = text.partition("# schedule:\n")
    lines = [line.removeprefix("# ") for line in section.splitlines()]
    return "\n".join([f"{before}schedule:", *lines, ""])
