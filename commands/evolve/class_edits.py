"""The edit for a label with classes that it did not have: config, schema, and the network's output."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from commands.evolve import schema_text, yaml_text
from commands.evolve.texts import NoPlace, with_line, without_line
from commands.new.render import python_text
from perennial.task import Class
from pipeline.config import UseCase

# How `new` comments on the threshold.
_OWN_COMMENT: Final = re.compile(r"# from this probability on the prediction is .*, in precision and recall$")


def with_classes(texts: Mapping[str, str], use_case: UseCase, classes: Sequence[Class]) -> dict[str, str]:
    """The files with further classes of the label, after the others; two classes become a task of several.

    Args:
        texts: `yaml`, `schema` and `model` -> the text of the file.
        use_case: As they are now.
        classes: The new ones.

    Raises:
        NoPlace: The files are not as `new` writes them: no half of this edit is of use.
    """
    label, yaml, schema, model = use_case.label, texts["yaml"], texts["schema"], texts["model"]
    if use_case.task == "binary":
        if not use_case.classes:
            raise NoPlace(
                f"`{label}` is 0 or 1, and has other values: make a use case of several classes with `new`"
            )
        yaml, model = with_several_classes(yaml), _with_outputs(model, label)
    yaml = yaml_text.with_classes(yaml, classes)
    words = [name for name in classes if isinstance(name, str)]
    schema = schema_text.with_values(schema, label, words) if words else schema
    for number in (name for name in classes if isinstance(name, int)):
        schema = schema_text.with_integer(schema, label, number)
    return {**texts, "yaml": yaml, "schema": schema, "model": model}


def with_several_classes(text: str) -> str:
    """The YAML with `task: multiclass`; a comment of a person stays, and so does a threshold that has one.

    Raises:
        NoPlace: The task or the threshold is not on a line of its own.
    """
    task = yaml_text.node_of(text, ("task",))
    if task is None:
        raise NoPlace("two classes become three: set `task: multiclass` in the YAML")
    start, end = yaml_text.ends_of(text, task)
    text = f"{text[:start]}multiclass{text[end:]}"
    text = re.sub(
        r"^(classes: \[.*\]) # the last one is the positive class$", r"\1", text, flags=re.MULTILINE
    )
    threshold = yaml_text.node_of(text, ("evaluation", "threshold"))
    if threshold is None:
        return text
    number = threshold.start_mark.line + 1
    line = text.split("\n")[number - 1]
    if not re.match(r"\s*threshold\s*:", line):
        raise NoPlace("two classes become three: remove `evaluation.threshold` from the YAML")
    text = without_line(text, number)
    if "#" not in line or _OWN_COMMENT.search(line):
        return text
    words = line.lstrip()
    return with_line(text, number - 1, f"{line[: len(line) - len(words)]}# {words}")


def _with_outputs(text: str, label: str) -> str:
    """A network with an output for each class."""
    outputs = f"outputs=vocabulary_sizes[{python_text(label)}],"
    text, times = re.subn(r"\boutputs=1,", lambda _: outputs, text)
    text, averages = re.subn(r'\baverage="sigmoid"', 'average="softmax"', text)
    if (times, averages) != (1, 1):
        raise NoPlace("two classes become three: give the network an output for each class")
    return text
