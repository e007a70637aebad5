"""States of the small chain: each is made once, and a test starts from a fresh copy of the one it needs."""

from pathlib import Path

import pytest

from tests.e2e.clone import Clone, Saved


@pytest.fixture(scope="session")
def states_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the copies of the states are."""
    return tmp_path_factory.mktemp("states")


@pytest.fixture(scope="session")
def pushed(tmp_path_factory: pytest.TempPathFactory, states_folder: Path) -> Saved:
    """January and February landed, were run once, and version 1 was pushed.

    Training takes an eighth of the steps: what is tested is not how good a model is.
    """
    clone = Clone(tmp_path_factory.mktemp("clone"))
    clone.edit("pipeline/use_cases/flights.yaml", "steps_per_epoch: 800", "steps_per_epoch: 100")
    clone.cli("replay", "flights", "--through", "2013-02")
    return Saved(clone, states_folder / "pushed", clone.json("run", "flights"))


@pytest.fixture(scope="session")
def march_blocked(pushed: Saved, states_folder: Path) -> Saved:
    """After `pushed`, March landed with its labels upside down and was blocked."""
    clone = pushed.restore()
    rows = clone.land_real("2013-03")
    clone.land("2013-03", rows.assign(late=rows["late"].map({"0": "1", "1": "0"})))
    return Saved(clone, states_folder / "march_blocked", clone.json("run", "flights", expect=3))


@pytest.fixture(scope="session")
def march_in_use(march_blocked: Saved, states_folder: Path) -> Saved:
    """After `march_blocked`, March landed as it really was, as version 2, and was trained on."""
    clone = march_blocked.restore()
    clone.land_real("2013-03")
    return Saved(clone, states_folder / "march_in_use", clone.json("run", "flights"))


@pytest.fixture(scope="session")
def march_replaced(march_in_use: Saved, states_folder: Path) -> Saved:
    """After `march_in_use`, another March landed, as version 3, and was blocked."""
    clone = march_in_use.restore()
    clone.land_celsius()
    return Saved(clone, states_folder / "march_replaced", clone.json("run", "flights", expect=3))


@pytest.fixture
def chain(pushed: Saved) -> Clone:
    """The clone as it was when version 1 was pushed."""
    return pushed.restore()
