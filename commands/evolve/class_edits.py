"""The edit for a label with classes that it did not have: config, schema, and the network's output."""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

from commands.evolve import schema_text, yaml_text
from commands.evolve.texts import NoPlace
from commands.new.render import python_text
from perennial.task import Class
from pipeline.config import UseCase

if TYPE_CHECKING:
    from commands.evolve.edits import Edits


def edit_classes(edits: "Edits", use_case: UseCase, classes: Sequence[Class]) -> None:
    """Adds classes to the label, after the others; two classes become a task of several.

    Raises:
        NoPlace: The files are not as `new` writes them: no half of this edit is of use.
    """
    label = use_case.label
    if use_case.task == "binary":
        if not use_case.classes:
            raise NoPlace(
                f"`{label}` is 0 or 1, and has other values: make a use case of several classes with `new`"
            )
        edits.after["yaml"] = _as_multiclass(edits.after["yaml"])
        edits.after["model"] = _with_outputs(edits.after["model"], label)
    edits.after["yaml"] = yaml_text.with_classes(edits.after["yaml"], classes)
    texts = [name for name in classes if isinstance(name, str)]
    if texts:
        edits.after["schema"] = schema_text.with_values(edits.after["schema"], label, texts)
    for number in (name for name in classes if isinstance(name, int)):
        edits.after["schema"] = schema_text.with_integer(edits.after["schema"], label, number)


def _as_multiclass(text: str) -> str:
    text, tasks = re.subn(r"^task: binary\b.*$", "task: multiclass", text, flags=re.MULTILINE)
    text = re.sub(
        r"^(classes: \[.*\]) # the last one is the positive class$", r"\1", text, flags=re.MULTILINE
    )
    text = re.sub(r"^  threshold: .*\n", "", text, flags=re.MULTILINE)
    if tasks != 1:
        raise NoPlace("two classes become three: set `task: multiclass` in the YAML")
    return text


def _with_outputs(text: str, label: str) -> str:
    """A network with an output for each class."""
    outputs = f"outputs=vocabulary_sizes[{python_text(label)}],"
    text, times = re.subn(r"\boutputs=1,", lambda _: outputs, text)
    text, averages = re.subn(r'\baverage="sigmoid"', 'average="softmax"', text)
    if (times, averages) != (1, 1):
        raise NoPlace("two classes become three: give the network an output for each class")
    return text
