"""`python -m onboarding_portal.sandbox`: the same as `manage.py sandbox`."""

import sys

from onboarding_portal.sandbox.cli import serve_from_command_line

serve_from_command_line(sys.argv[1:])
