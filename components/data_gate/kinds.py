"""TFDV's 88 types of anomaly in the field's words, which a policy is written in."""

from typing import Final

# Of days that are further from those before than chance goes; `drift.policy` says what it leads to.
DRIFT_ALARM: Final = "drift_alarm"

# Kind -> what it means, in the order in which a person reads them; from `drift` on, the gate's own checks.
KINDS = {
    "missing_column": "a column of the schema is not in the span",
    "new_column": "a column of the span is not in the schema",
    "type": "values of another type than the schema's",
    "presence": "fewer values than the schema requires",
    "value_count": "a cell with more or fewer values than the schema's",
    "domain": "a number outside the schema's bounds",
    "not_finite": "NaN or an infinite number where the schema allows none",
    "unexpected_values": "a string outside the schema's list",
    "encoding": "bytes that are not UTF-8 where the schema lists strings",
    "distinct_values": "more or fewer distinct values than the schema's bounds",
    "schema": "a schema that contradicts itself or needs statistics that do not exist",
    "other": "an anomaly of TFDV that has no kind here",
    "rows": "fewer or more rows than the schema's dataset constraints",
    "drift": "further from the previous accepted span than the comparator's threshold (numbers: by deciles)",
    "drift_extreme": (
        "a distance above .9, or one that no two neighbouring accepted spans came near; not of a column with"
        " one value in each span, such as a year"
    ),
    DRIFT_ALARM: (
        "days that are further from those before than the stated rate of false alarms lets chance go; set its"
        " action in `drift.policy`"
    ),
    "too_few_rows": "fewer rows than `min_rows`",
    "row_count": "far more or fewer rows than the accepted spans before",
    "label_rate": "a share of 1 in the label outside `label_rate`",
    "label_shares": "a class's share of the rows outside `label_shares`",
    "label_mean": "a mean of the label outside `label_numbers`",
    "label_deviation": "a standard deviation of the label outside `label_numbers`",
    "same_content": "the same rows as another span in use",
    "rows_seen": "rows that are in other spans in use: above `max_seen_share` of them",
    "outside_period": "rows outside of the month, week, day or hour that names the span: above"
    " `max_outside_share`",
    "stray_days": "rows with days far from those of most rows, where the name is no period: above"
    " `max_outside_share`",
    "repeated_file": "a file with the rows of another file of the span, whatever its format",
    "labels_late": "the newest rows have no label yet",
    "labels_missing": "rows without a label that are not the newest",
    "time_converted": "times with an offset or a zone, converted to UTC as no `exports.time_zone` is set",
    "time_unzoned": "times without an offset or a zone, where `exports.time_zone` is set",
}

# Kind -> what to do about it.
_FIX: Final = "Fix the export"
_EVOLVE: Final = "`evolve NAME --from EXPORT`"
REMEDIES: Final = {
    "missing_column": f"{_FIX}; if the column is gone or has another name from now on, run {_EVOLVE}.",
    "new_column": f"To use it, run {_EVOLVE}; to ignore it, set `action: note` for it in `data.policy`.",
    "type": f"{_FIX}: write the column's values as the schema's type.",
    "presence": (
        f"{_FIX}: fill the column. If so many cells are missing from now on, set `presence.min_fraction` of"
        " the column in the schema to the share that is there."
    ),
    "value_count": f"{_FIX}: a cell holds one value.",
    "domain": (
        f"{_FIX}: look for another unit. If the number means missing, add it to `exports.na_values` of the"
        " column; if it is right, set `min` or `max` of the column in the schema to it."
    ),
    "not_finite": f"{_FIX}: leave missing cells empty.",
    "unexpected_values": (
        f"{_FIX}: look for another spelling. If they are new categories, run {_EVOLVE}: it adds them to the"
        " schema."
    ),
    "encoding": f"{_FIX}: write text as UTF-8.",
    "distinct_values": f"{_FIX}: look for another spelling of the same values.",
    "schema": "Fix the schema.",
    "other": "Read the finding; set a rule in `data.policy` if it is harmless.",
    "rows": (
        f"{_FIX}: rows are missing or repeated. If so many are right, set `min_examples_count` or"
        " `max_examples_count` of the schema's `dataset_constraints`."
    ),
    "drift": "Compare the column with the span before; accept the span if the change is real.",
    "drift_extreme": "Look for another unit or source of the column; accept the span if the change is real.",
    DRIFT_ALARM: "Look at what it names; fix the export, or accept the span if the change is real.",
    "too_few_rows": f"{_FIX}: rows are missing. If spans are this small from now on, lower `data.min_rows`.",
    "row_count": "Check whether rows are missing or repeated; accept the span if so many are right.",
    "label_rate": (
        "Check whether labels are swapped or missing; if the change is real, accept the span and widen"
        " `data.label_rate`."
    ),
    "label_shares": (
        "Check whether classes are swapped or missing; if the change is real, accept the span and widen"
        " `data.label_shares`."
    ),
    "label_mean": (
        "Look for another unit of the label; if the change is real, such as a season or rising prices, accept"
        " the span and widen `data.label_numbers`."
    ),
    "label_deviation": (
        "Look for another unit, or labels that are all equal; if the change is real, accept the span and"
        " widen `data.label_numbers`."
    ),
    "same_content": "Export the rows of this span; the file is probably a copy of the other span's.",
    "rows_seen": (
        "Export each row in one span only. If the file holds all rows so far, run"
        " `land NAME FILE --span S --replace`, S being the span that has the older rows; for exports that"
        " overlap, raise `max_seen_share`."
    ),
    "outside_period": "Export the rows of this period; where folders have another day, set the action note.",
    "stray_days": f"{_FIX}: look for placeholder dates; rows that are right go into a span of their own.",
    "repeated_file": "Remove one of them; a writer that tries again may leave both.",
    "labels_late": "Export the span again when it has the labels.",
    "labels_missing": "Check the join that brings the label, then export the span again.",
    "time_converted": (
        "Set `exports.time_zone` to the zone whose wall clock the times are to have, such as Europe/Berlin;"
        " UTC keeps them as they are."
    ),
    "time_unzoned": "If they are of another zone, export them with their offset.",
}

# By name, so that a release of TFDV that adds a type gives "other" rather than an error.
# COMPARATOR_…_DATA_MISSING is not here: drift.py says of such a column that it was not checked.
_TYPES = {
    "missing_column": "SCHEMA_MISSING_COLUMN FEATURE_TYPE_NOT_PRESENT",
    "new_column": "SCHEMA_NEW_COLUMN",
    "type": """
        BOOL_TYPE_BYTES_NOT_INT BOOL_TYPE_BYTES_NOT_STRING BOOL_TYPE_FLOAT_NOT_INT
        BOOL_TYPE_FLOAT_NOT_STRING BOOL_TYPE_INT_NOT_STRING BOOL_TYPE_STRING_NOT_INT
        ENUM_TYPE_BYTES_NOT_STRING ENUM_TYPE_FLOAT_NOT_STRING ENUM_TYPE_INT_NOT_STRING
        FLOAT_TYPE_NOT_FLOAT FLOAT_TYPE_STRING_NOT_FLOAT FLOAT_TYPE_NON_STRING
        FLOAT_TYPE_UNKNOWN_TYPE_NUMBER INT_TYPE_INT_EXPECTED INT_TYPE_NOT_INT_STRING
        INT_TYPE_NOT_STRING INT_TYPE_STRING_EXPECTED INT_TYPE_UNKNOWN_TYPE_NUMBER STRING_TYPE_NOW_FLOAT
        STRING_TYPE_NOW_INT UNEXPECTED_DATA_TYPE SEMANTIC_DOMAIN_UPDATE""",
    "presence": """
        FEATURE_TYPE_LOW_FRACTION_PRESENT FEATURE_TYPE_LOW_NUMBER_PRESENT FEATURE_COVERAGE_TOO_LOW""",
    "value_count": """
        FEATURE_TYPE_HIGH_NUMBER_VALUES FEATURE_TYPE_LOW_NUMBER_VALUES FEATURE_TYPE_NO_VALUES
        FEATURE_TYPE_UNEXPECTED_REPEATED INVALID_FEATURE_SHAPE VALUE_NESTEDNESS_MISMATCH
        EMBEDDING_SHAPE_INVALID SPARSE_FEATURE_MISSING_VALUE SPARSE_FEATURE_MISSING_INDEX
        SPARSE_FEATURE_LENGTH_MISMATCH WEIGHTED_FEATURE_MISSING_VALUE WEIGHTED_FEATURE_MISSING_WEIGHT
        WEIGHTED_FEATURE_LENGTH_MISMATCH SEQUENCE_VALUE_TOO_FEW_OCCURRENCES
        SEQUENCE_VALUE_TOO_MANY_OCCURRENCES SEQUENCE_VALUE_TOO_SMALL_FRACTION
        SEQUENCE_VALUE_TOO_LARGE_FRACTION""",
    "domain": """
        BOOL_TYPE_BIG_INT BOOL_TYPE_SMALL_INT BOOL_TYPE_UNEXPECTED_FLOAT FLOAT_TYPE_BIG_FLOAT
        FLOAT_TYPE_SMALL_FLOAT INT_TYPE_BIG_INT INT_TYPE_SMALL_INT LOW_SUPPORTED_IMAGE_FRACTION
        MAX_IMAGE_BYTE_SIZE_EXCEEDED FEATURE_COVERAGE_TOO_SHORT_AVG_TOKEN_LENGTH""",
    "not_finite": "FLOAT_TYPE_HAS_NAN FLOAT_TYPE_HAS_INF",
    "unexpected_values": "ENUM_TYPE_UNEXPECTED_STRING_VALUES BOOL_TYPE_UNEXPECTED_STRING",
    "encoding": "ENUM_TYPE_INVALID_UTF8",
    "distinct_values": "FEATURE_TYPE_HIGH_UNIQUE FEATURE_TYPE_LOW_UNIQUE FEATURE_TYPE_NO_UNIQUE",
    "schema": """
        BOOL_TYPE_INVALID_CONFIG DOMAIN_INVALID_FOR_TYPE FEATURE_MISSING_NAME FEATURE_MISSING_TYPE
        INVALID_SCHEMA_SPECIFICATION INVALID_DOMAIN_SPECIFICATION NLP_WRONG_LOCATION
        STATS_NOT_AVAILABLE DERIVED_FEATURE_BAD_LIFECYCLE DERIVED_FEATURE_INVALID_SOURCE
        SPARSE_FEATURE_NAME_COLLISION WEIGHTED_FEATURE_NAME_COLLISION""",
    "rows": """
        NO_DATA_IN_SPAN DATASET_LOW_NUM_EXAMPLES DATASET_HIGH_NUM_EXAMPLES COMPARATOR_LOW_NUM_EXAMPLES
        COMPARATOR_HIGH_NUM_EXAMPLES""",
    "drift": """
        COMPARATOR_L_INFTY_HIGH COMPARATOR_JENSEN_SHANNON_DIVERGENCE_HIGH
        COMPARATOR_NORMALIZED_ABSOLUTE_DIFFERENCE_HIGH SCHEMA_TRAINING_SERVING_SKEW""",
    "other": "UNKNOWN_TYPE MULTIPLE_REASONS CUSTOM_VALIDATION",
}
_KIND_OF = {name: kind for kind, names in _TYPES.items() for name in names.split()}

NOT_COMPARABLE = frozenset({"COMPARATOR_CONTROL_DATA_MISSING", "COMPARATOR_TREATMENT_DATA_MISSING"})


def kind_of(name: str) -> str:
    """Returns the kind of one of TFDV's types by its name, "other" where it has no word here."""
    return _KIND_OF.get(name, "other")
