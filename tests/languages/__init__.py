"""The translations of owners' texts: gathered, exchanged with translators, checked. `python -m tests.languages`."""
