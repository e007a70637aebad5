"""The ledger's tables, and the number of their format."""

from typing import Final

FORMAT: Final = 9
TABLES: Final = """
CREATE TABLE IF NOT EXISTS spans (
    span TEXT NOT NULL, version INTEGER NOT NULL, digest TEXT NOT NULL, arrived TEXT NOT NULL,
    verdict TEXT NOT NULL DEFAULT 'NEW', reasons TEXT NOT NULL DEFAULT '[]',
    judged_with TEXT NOT NULL DEFAULT '', rows INTEGER NOT NULL DEFAULT 0,
    quarantined INTEGER NOT NULL DEFAULT 0, run_id TEXT NOT NULL DEFAULT '',
    examples TEXT NOT NULL DEFAULT '', statistics TEXT NOT NULL DEFAULT '',
    later_verdict TEXT NOT NULL DEFAULT '', later_reasons TEXT NOT NULL DEFAULT '[]',
    read_as TEXT NOT NULL DEFAULT '', columns TEXT NOT NULL DEFAULT '[]',
    days TEXT NOT NULL DEFAULT '', calibration INTEGER NOT NULL DEFAULT 0,
    alarms TEXT NOT NULL DEFAULT '[]', PRIMARY KEY (span, version));
CREATE TABLE IF NOT EXISTS judgements (
    span TEXT NOT NULL, version INTEGER NOT NULL, decision TEXT NOT NULL, who TEXT NOT NULL,
    why TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS failing_spans (
    span TEXT NOT NULL, version INTEGER NOT NULL, why TEXT NOT NULL, run_id TEXT NOT NULL, at TEXT NOT NULL,
    PRIMARY KEY (span, version));
CREATE TABLE IF NOT EXISTS runs (
    run_id TEXT PRIMARY KEY, began TEXT NOT NULL, who TEXT NOT NULL, ended TEXT, verdict TEXT,
    exit_code INTEGER, reason TEXT, fingerprint TEXT, trigger TEXT NOT NULL DEFAULT '',
    clock TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS versions (
    version INTEGER PRIMARY KEY, published TEXT NOT NULL, run_id TEXT NOT NULL, digest TEXT NOT NULL,
    restores INTEGER, who TEXT NOT NULL, why TEXT NOT NULL, action TEXT NOT NULL DEFAULT 'push',
    card TEXT NOT NULL DEFAULT '{}', removed TEXT);
CREATE TABLE IF NOT EXISTS alerts (
    id INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL, message TEXT NOT NULL, run_id TEXT NOT NULL,
    closed TEXT, columns TEXT NOT NULL DEFAULT '[]', subject TEXT NOT NULL DEFAULT '');
CREATE TABLE IF NOT EXISTS files (
    path TEXT PRIMARY KEY, bytes INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, ctime_ns INTEGER NOT NULL,
    sha256 TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS outputs (uri TEXT PRIMARY KEY, digest TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS busy (at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS fewer_rows (
    run_id TEXT PRIMARY KEY, version INTEGER NOT NULL, rows INTEGER NOT NULL, inputs TEXT NOT NULL,
    who TEXT NOT NULL, why TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS retrainings (
    run_id TEXT PRIMARY KEY, version INTEGER NOT NULL, rejected TEXT NOT NULL, why TEXT NOT NULL,
    setting TEXT NOT NULL, at TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS ticks (due TEXT PRIMARY KEY, at TEXT NOT NULL, outcome TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS pauses (
    began TEXT NOT NULL, who TEXT NOT NULL, why TEXT NOT NULL, ended TEXT, ended_who TEXT, ended_why TEXT);
CREATE TABLE IF NOT EXISTS schedule (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS candidates (
    run_id TEXT PRIMARY KEY, at TEXT NOT NULL, model TEXT NOT NULL, digest TEXT NOT NULL, card TEXT NOT NULL,
    champion INTEGER NOT NULL, why TEXT NOT NULL, state TEXT NOT NULL, settled TEXT, who TEXT,
    version INTEGER);
CREATE TABLE IF NOT EXISTS backfills (
    id INTEGER PRIMARY KEY, began TEXT NOT NULL, who TEXT NOT NULL, first TEXT NOT NULL, last TEXT NOT NULL,
    which TEXT NOT NULL, is_each INTEGER NOT NULL, ended TEXT, outcome TEXT);
CREATE TABLE IF NOT EXISTS backfill_spans (
    backfill INTEGER NOT NULL, span TEXT NOT NULL, state TEXT NOT NULL, run_id TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (backfill, span));
CREATE TABLE IF NOT EXISTS calibrations (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL, run_id TEXT NOT NULL, rate TEXT NOT NULL,
    state TEXT NOT NULL, days INTEGER NOT NULL, needed INTEGER NOT NULL, digest TEXT NOT NULL,
    history TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS drift_rates (at TEXT NOT NULL, who TEXT NOT NULL, rate TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS predictions (
    span TEXT NOT NULL, digest TEXT NOT NULL, model TEXT NOT NULL, uri TEXT NOT NULL, absent TEXT NOT NULL,
    at TEXT NOT NULL, PRIMARY KEY (span, digest, model));
CREATE TABLE IF NOT EXISTS prunes (
    at TEXT NOT NULL, who TEXT NOT NULL, run_id TEXT NOT NULL, removed TEXT NOT NULL, bytes INTEGER NOT NULL);
"""
