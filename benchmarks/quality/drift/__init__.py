"""Drift alarms: how many are false, and what they find; ours beside four other tools on the same rows."""
