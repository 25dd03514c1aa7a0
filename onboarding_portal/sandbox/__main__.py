"""`python -m onboarding_portal.sandbox`: the sandbox without Django and without any setting."""

from onboarding_portal.sandbox.cli import main

main()
