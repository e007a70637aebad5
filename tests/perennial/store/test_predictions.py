"""The ledger's predictions: a row for each content and model, the newest of each content last."""

from perennial.store.ledger import Ledger


def test_each_content_and_model_has_one_row_and_the_newest_of_a_content_is_the_last(ledger: Ledger) -> None:
    table = ledger.predictions
    table.note("1", "a", "first model", "/1")
    table.note("1", "a", "other model", "/2", "it cannot be loaded")
    table.note("2", "b", "first model", "/3")
    assert [each.uri for each in table.all()] == ["/1", "/2", "/3"]
    assert [each.uri for each in table.all("first model")] == ["/1", "/3"]
    assert table.newest()["1", "a"].absent == "it cannot be loaded"
    # After a rollback.
    table.note("1", "a", "first model", "/4")
    assert [each.uri for each in table.all("first model")] == ["/3", "/4"]
    assert {key: each.uri for key, each in table.newest().items()} == {("1", "a"): "/4", ("2", "b"): "/3"}


def test_what_was_removed_is_forgotten_and_so_is_all_with_the_outputs(ledger: Ledger) -> None:
    for number in ("1", "2"):
        ledger.predictions.note(number, "a", "m", f"/{number}")
    ledger.predictions.forget("/1")
    assert [each.uri for each in ledger.predictions.all()] == ["/2"]
    ledger.forget_outputs()
    assert ledger.predictions.all() == []
