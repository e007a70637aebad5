"""A simulated year of exports and troubles: the plan of it, and the oracle that says what must hold.

Nothing of the project is imported here: the oracle is written from the documents alone. A driver goes through
`troubles.daily(seed).moments`: it makes each event happen and compares its exit code with `YearOracle.apply`,
starts the act under the fault, finds the one of `YearOracle.look(...).outcomes` that `fits`, gives it to
`settle`, asks `status`, `spans` and `check-overdue`, and compares with `YearOracle.answers`.
"""
