"""The page of the simulated years: what was carried out, and what differed."""

from collections.abc import Mapping

from benchmarks.proofs.year.comparison import YearComparison
from benchmarks.proofs.year.driver import YearDriver
from benchmarks.proofs.year.plan import YearPlan


def year_page(years: Mapping[str, tuple[YearPlan, YearDriver, YearComparison]]) -> str:
    """The page in Markdown."""
    lines = []
    for name, (plan, driver, comparison) in years.items():
        done, differences = len(driver.observed), len(comparison.differences)
        lines.append(f"{name}: {done} of {len(plan.moments)} moments, {differences} differences")
    return "\n".join(lines)
