"""The WSGI application gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "onboarding_portal.settings")

application = get_wsgi_application()

from onboarding_portal.operations.checks.start import end_with_unsafe_settings  # noqa: E402  Django has to be up
from onboarding_portal.operations.metrics.processes import Kind  # noqa: E402
from onboarding_portal.operations.metrics.reporter import begin  # noqa: E402

end_with_unsafe_settings()
begin(Kind.WEB)
