"""Combinations of settings that are unsafe or cannot work. Each error stops the start and names its remedy.

`manage.py check`, and with it every command, runs them; gunicorn runs them through `start`.
"""

from onboarding_portal.operations.checks import (
    address,
    brand,
    cache,
    database,
    ev_energy,
    mail,
    ownership,
    processes,
    single_sign_on,
    watchers,
    webhooks,
)

__all__ = [
    "address",
    "brand",
    "cache",
    "database",
    "ev_energy",
    "mail",
    "ownership",
    "processes",
    "single_sign_on",
    "watchers",
    "webhooks",
]
