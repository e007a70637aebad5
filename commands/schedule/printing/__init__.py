"""Definitions of `run NAME` for cron, systemd, Kubernetes and Airflow.

`definition.py` is the entrance; `cron_fields.py` reads the cron line; a module a kind, and its templates.
"""
