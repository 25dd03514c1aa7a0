#!/usr/bin/env python
"""Django's command line. `manage.py demo` and `manage.py sandbox` need no settings; others read the environment."""

import os
import sys


def main() -> None:
    if sys.argv[1:2] == ["sandbox"]:
        from onboarding_portal.sandbox.cli import serve_from_command_line

        serve_from_command_line(sys.argv[2:])
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "onboarding_portal.settings")
    if sys.argv[1:2] == ["demo"]:
        from onboarding_portal.operations.demo.environment import prepare

        prepare(arguments=sys.argv[2:])

    from django.core.management import execute_from_command_line

    from onboarding_portal.environment import SettingsRefused

    try:
        execute_from_command_line(sys.argv)
    except SettingsRefused as refusal:
        sys.exit(str(refusal))
    except Exception as error:
        from onboarding_portal.operations.one_line import in_one_line

        if line := in_one_line(error, argv=sys.argv):
            sys.exit(line)
        raise


if __name__ == "__main__":
    main()
