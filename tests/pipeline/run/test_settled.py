"""What a run follows from."""

from pathlib import Path

from perennial.store.ledger import Ledger
from pipeline import config
from pipeline.plan import SchemaPlan
from pipeline.run.settled import inputs_digest
from tests.small_config import TEXT


def test_spans_their_content_and_the_schema_are_what_a_run_follows_from(tmp_path: Path) -> None:
    use_case = config.parse(TEXT, name="flights", home=tmp_path, source="flights.yaml")
    ledger = Ledger(tmp_path / "ledger.db")
    january, february, other = (
        ledger.spans.arrive(*arrival) for arrival in (("2013-01", "A"), ("2013-02", "A"), ("2013-01", "B"))
    )
    digests = [
        inputs_digest(use_case, SchemaPlan(uri="/schema", digest=schema, columns="[]"), accepted)
        for schema, accepted in (
            ("d", []),
            ("e", []),
            ("d", [january]),
            ("d", [other]),
            ("d", [january, february]),
        )
    ]
    assert len(set(digests)) == len(digests)
    ledger.close()
