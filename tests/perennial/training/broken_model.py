"""A use case's model that cannot be built, with a data value in its error."""


def build_model(hyperparameters: object, vocabulary_sizes: object) -> None:
    """Raises."""
    raise RuntimeError("a value: 4711")
