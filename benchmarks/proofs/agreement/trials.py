"""Makes trials: a column of one kind, reading rules and a dialect."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from perennial.reading.columns import Column
from perennial.reading.csv_format import CsvFormat, check_marks, check_quoting
from perennial.reading.reading import ExportFormat
from perennial.reading.row_rules import NO_CLASS
from perennial.task import Task
from serving.reading.cells import Cell, CellRefused, CellRule
from serving.reading.rules import ISO, OTHERS, ReadingRules
from serving.reading.values import Kind

Fate = Literal["read", "missing", "refused"]
FATES: Final[tuple[Fate, ...]] = ("read", "missing", "refused")
KEY: Final = "row"
NAME: Final = "cell"
_RENAMED: Final = "cell, renamed"


class Role(NamedTuple):
    """What a column is.

    Attributes:
        kind: Of its values.
        is_date: Whether it has a format of dates.
        is_time: Whether it is the use case's time column.
        task: Of which it is the label; None: it is none.
    """

    kind: Kind
    is_date: bool = False
    is_time: bool = False
    task: Task | None = None


ROLES: Final[Mapping[str, Role]] = {
    "int": Role("int"),
    "float": Role("float"),
    "text": Role("string"),
    "dates": Role("string", is_date=True),
    "time column": Role("string", is_date=True, is_time=True),
    "label, binary": Role("int", task=Task("binary", NAME)),
    "label, regression": Role("float", task=Task("regression", NAME)),
    "label, named classes": Role("string", task=Task("multiclass", NAME, ("red", "green", "NA"))),
}
_FORMATS: Final = (
    ("%d.%m.%Y %H:%M",),
    (ISO,),
    ("%d/%m/%Y", "%Y%m%d"),
    ("%d.%m.%Y", "%d.%m.%Y %H:%M:%S"),
    ("%d %b %Y %I:%M %p", ISO),
    ("%Y-%m-%dT%H:%M:%S.%f%z",),
    ("%Y-%d-%m",),
    ("%Y-%m-%d",),
)
_ZONES: Final = ("UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kolkata")
_MISSING: Final = (
    (),
    ("NA",),
    ("NA", "-999", "?"),
    ("-", "9999.5", "null"),
    ("9999-12-31", "n/a", "0", "true"),
)
_TRUTH: Final = (((), ()), (("ja",), ("nein",)), (("yes", "Y"), ("no", "N")))
_MARKS: Final = ((".", None), (",", None), (",", "."), (".", ","), (".", " "), (",", "'"), (".", "_"))
_QUOTES: Final = (
    ('"', None, True),
    ('"', "\\", True),
    ('"', "\\", False),
    ("'", None, True),
    (None, "\\", True),
)


@dataclass(frozen=True)
class CellOutcome:
    """What becomes of a cell.

    Attributes:
        fate: Of it.
        value: Where it was read: int, float32 or bytes.
        reason: Why it was refused.
    """

    fate: Fate
    value: Cell | None = None
    reason: str = ""


@dataclass(frozen=True)
class Trial:
    """A column that is read by each entry point.

    Attributes:
        role: Key of `ROLES`.
        written: How files are written, with the reading rules.
    """

    role: str
    written: CsvFormat

    @property
    def kind(self) -> Kind:
        """Of the column's values."""
        return ROLES[self.role].kind

    @property
    def given_name(self) -> str:
        """The column's name in files and requests."""
        return next(iter(self.written.rules.rename), NAME)

    @property
    def rule(self) -> CellRule:
        """The rule by which each entry point is to read."""
        return CellRule.of(NAME, self.kind, self.written.rules)

    @property
    def export(self) -> ExportFormat:
        """The columns and rules, as `run` and `check` read them."""
        role = ROLES[self.role]
        columns = (Column(KEY, "int", required=True), Column(NAME, role.kind, required=False))
        return ExportFormat(
            columns,
            label=NAME if role.task else "",
            task=role.task,
            time_column=NAME if role.is_time else "",
            written=self.written,
        )

    def outcome_of(self, value: object) -> CellOutcome:
        """What the rule makes of a value; of a label, also whether it is one of the classes."""
        try:
            cell = self.rule.read(value)
        except CellRefused as refused:
            return CellOutcome("refused", reason=str(refused))
        task = ROLES[self.role].task
        if cell is not None and task and task.classes:
            classes = [name.encode() if isinstance(name, str) else name for name in task.classes]
            if cell not in classes:
                return CellOutcome("refused", reason=NO_CLASS)
        return CellOutcome("missing") if cell is None else CellOutcome("read", cell)

    def settings(self) -> list[str]:
        """The settings that are not the defaults, and the kinds of their values."""
        rules, written = self.written.rules, self.written
        missing = rules.na_values.get(NAME) is not None
        set_there = {
            "decimal": rules.decimal != ".",
            "thousands": rules.thousands is not None,
            "na_values, a list": bool(rules.na_values) and not missing,
            "na_values, by column": missing,
            "true_values, false_values": bool(rules.true_values),
            "date_format, one": len(rules.date_format.get(NAME, ())) == 1
            and rules.date_format[NAME] != (ISO,),
            "date_format, a list": len(rules.date_format.get(NAME, ())) > 1,
            "date_format, ISO8601": rules.date_format.get(NAME) == (ISO,),
            "rename": bool(rules.rename),
            "time_zone": rules.time_zone != "UTC",
            "delimiter": written.delimiter != ",",
            "skipinitialspace": written.skipinitialspace,
            "quotechar": written.quotechar != '"',
            "escapechar": written.escapechar is not None,
        }
        return [name for name, is_set in set_there.items() if is_set] or ["none"]


def trial_of(dice: random.Random, role: str) -> Trial:
    """A trial with settings by chance."""
    is_date = ROLES[role].is_date
    while True:
        point, thousands = dice.choice(_MARKS)
        true, false = dice.choice(_TRUTH)
        words, others = dice.choice(_MISSING), dice.choice(_MISSING)
        by_column = dice.random() < 0.4
        rules = ReadingRules(
            point,
            thousands,
            {NAME: words, OTHERS: others} if by_column else {OTHERS: words} if words else {},
            true,
            false,
            {NAME: dice.choice(_FORMATS)} if is_date else {},
            dice.choice(_ZONES) if is_date else "UTC",
            {_RENAMED: NAME} if dice.random() < 0.3 else {},
        )
        quote, escape, unquoted = dice.choice(_QUOTES)
        written = CsvFormat(
            dice.choice(",,;\t|"),
            skipinitialspace=dice.random() < 0.3,
            rules=rules,
            quotechar=quote,
            escapechar=escape,
            escape_unquoted=unquoted,
        )
        try:
            check_marks(written.delimiter, point, thousands)
            check_quoting(written)
        except ValueError:
            continue
        # The key of each row is a number, too.
        if not {word for word in (*true, *false, *rules.missing_texts(KEY)) if word.lstrip("-").isdecimal()}:
            return Trial(role, written)
