"""The edit for a label with classes that it did not have: config, schema, and the network's output."""

import re
from collections.abc import Mapping, Sequence

from commands.evolve import schema_text, yaml_text
from commands.evolve.texts import NoPlace
from commands.new.render import python_text
from perennial.task import Class
from pipeline.config import UseCase


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
        yaml, model = _as_multiclass(yaml), _with_outputs(model, label)
    yaml = yaml_text.with_classes(yaml, classes)
    words = [name for name in classes if isinstance(name, str)]
    schema = schema_text.with_values(schema, label, words) if words else schema
    for number in (name for name in classes if isinstance(name, int)):
        schema = schema_text.with_integer(schema, label, number)
    return {**texts, "yaml": yaml, "schema": schema, "model": model}


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
