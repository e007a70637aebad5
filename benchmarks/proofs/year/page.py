"""The page of the simulated years: what was carried out, and what differed."""

from collections.abc import Mapping

from benchmarks.proofs.year.comparison import YearComparison
from benchmarks.proofs.year.driver import YearDriver
from benchmarks.proofs.year.plan import YearPlan


def year_page(years: Mapping[str, tuple[YearPlan, YearDriver, YearComparison]]) -> str:
    """The page in Markdown."""
    lines = []
    for name, (plan, driver, comparison) in years.items():
        lines.append(
            f"{name}: {len(driver.observed)} of {len(plan.moments)} moments, {len(comparison.differences)} differences"
        )
    return "\n".join(lines)
