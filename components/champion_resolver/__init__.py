"""ChampionResolver: the version that is live, as an artifact that the Evaluator can compare with.

It copies the files, so that a later push or rollback changes nothing of a run.
"""
