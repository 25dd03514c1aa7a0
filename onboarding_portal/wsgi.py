"""The WSGI application gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "onboarding_portal.settings")

application = get_wsgi_application()

from onboarding_portal.operations.checks.start import end_with_unsafe_settings  # noqa: E402  Django has to be up

end_with_unsafe_settings()
