"""What gunicorn cannot be told in the Procfile: its log lines are made and cleaned as all others, and what its
processes are.

Reading the settings here has a second use: if one is missing, gunicorn says so and ends before it forks.
"""

import importlib
import os
from typing import Any

_settings = importlib.import_module(os.environ.get("DJANGO_SETTINGS_MODULE") or "onboarding_portal.settings")

logconfig_dict: dict[str, Any] = _settings.LOGGING
worker_class = "onboarding_portal.web_server.worker.BufferingWorker"
keepalive = 5  # seconds a connection stays open on which nothing is asked
