"""The WSGI application gunicorn serves."""

import os

import django
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "onboarding_portal.settings")
django.setup()

from onboarding_portal.operations.checks.start import end_with_unsafe_settings  # noqa: E402  Django has to be up
from onboarding_portal.operations.metrics.processes import Kind  # noqa: E402  Django is set up above
from onboarding_portal.operations.metrics.reporter import begin  # noqa: E402  Django is set up above

# Before the application is made, which would stumble over some of them.
end_with_unsafe_settings()
application = get_wsgi_application()
begin(Kind.WEB)
