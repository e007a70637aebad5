"""ChampionResolver: the live version and its twin, as artifacts that the Evaluator can compare with.

It copies the files, so that a later push or rollback changes nothing of a run.
"""
