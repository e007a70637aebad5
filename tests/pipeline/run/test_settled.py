"""What a run follows from."""

from dataclasses import replace
from pathlib import Path

from perennial.store.ledger import Ledger
from perennial.store.span_version import SpanVersion
from pipeline import config
from pipeline.plan import SchemaPlan
from pipeline.run.settled import inputs_digest
from tests.small_config import TEXT


def test_spans_their_content_and_reading_and_the_schema_are_what_a_run_follows_from(tmp_path: Path) -> None:
    use_case = config.parse(TEXT, name="flights", home=tmp_path, source="flights.yaml")
    ledger = Ledger(tmp_path / "ledger.db")
    january, february, other = (
        ledger.spans.arrive(*arrival) for arrival in (("2013-01", "A"), ("2013-02", "A"), ("2013-01", "B"))
    )

    def digest(schema: str, accepted: list[SpanVersion]) -> str:
        plan = SchemaPlan(uri="/schema", digest=schema, columns="[]")
        return inputs_digest(use_case, plan.digest, accepted)

    read, later = replace(january, read_as="{}"), replace(january, later_verdict="BLOCK")
    lists: tuple[list[SpanVersion], ...] = ([], [january], [other], [january, february], [read], [later])
    digests = [digest("d", accepted) for accepted in lists]
    assert len({*digests, digest("e", [])}) == len(digests) + 1
    # Outputs in another place are no reason to train again.
    assert digest("d", [january]) == digest("d", [replace(january, examples="/again")])
    ledger.close()
