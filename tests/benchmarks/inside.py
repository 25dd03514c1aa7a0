"""The other end of `deployment.inside`: a process with Django and the database of the environment."""

import importlib
import json
import sys

import django


def main() -> None:
    django.setup()
    module, _, name = sys.argv[1].rpartition(".")
    function = getattr(importlib.import_module(f"tests.benchmarks.{module}"), name)
    result = function(**json.loads(sys.argv[2]))
    sys.stdout.write(f"{json.dumps(result)}\n")


if __name__ == "__main__":
    main()
