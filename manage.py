#!/usr/bin/env python
"""Django's command line. `manage.py demo` needs no settings at all; everything else reads the environment."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "onboarding_portal.settings")
    if sys.argv[1:2] == ["demo"]:
        from onboarding_portal.operations.demo.environment import prepare

        prepare(arguments=sys.argv[2:])

    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
