"""`doctor --migrate`: converts the ledgers that an older release wrote."""

from perennial.errors import PerennialError
from perennial.store.migration import migrate
from perennial.store.recorded import sweep
from pipeline import config
from pipeline.ledgers import opened
from pipeline.run import lock
from pipeline.run.rebuild import ledger_problem


def migrate_all() -> list[str]:
    """Converts the ledger of each use case under its lock; one that a run holds is left alone.

    The model cards of its versions are recorded as well, before anybody removes the files that have them.

    Returns:
        A sentence for each ledger that was converted, or could not be.
    """
    sentences = []
    for name in config.use_case_names():
        try:
            use_case = config.load(name)
            root = use_case.root
            # A damaged ledger, and a use case that is not valid, are findings of the examination.
            if not root.is_dir() or ledger_problem(root):
                continue
            with lock.held(root / "lock", "doctor --migrate"):
                sentence = migrate(root / "ledger.db")
                if sentence:
                    with opened(use_case) as ledger:
                        sweep(use_case.models_folder, ledger)
        except PerennialError as error:
            sentence = f"The ledger was not converted. {error}"
        if sentence:
            sentences.append(f"{name}: {sentence}")
    return sentences
