"""What gunicorn cannot be told in the Procfile: its log lines are made and cleaned as all others, and an ending
worker loses nobody.

Reading the settings here has a second use: if one is missing, gunicorn says so and ends before it forks.
"""

import importlib
import os
from typing import Any

_settings = importlib.import_module(os.environ.get("DJANGO_SETTINGS_MODULE") or "onboarding_portal.settings")

worker_class = "onboarding_portal.gunicorn_worker.DrainingWorker"
logger_class = "onboarding_portal.gunicorn_worker.LoggerWithoutAccess"
logconfig_dict: dict[str, Any] = _settings.LOGGING
