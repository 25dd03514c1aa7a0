"""The clock's sweep of reconnects and nothing else of the clock: `python -m tests.benchmarks.sweeper`.

The clock's other jobs would spend from the same budget, and what the batch makes of it is what is measured. The sweep
runs more often than the clock's once a minute, because the window here is of seconds.
"""

import time

import django

EVERY_SECONDS = 5.0


def main() -> None:
    django.setup()
    from tests.benchmarks.batch_data import sweep  # noqa: PLC0415  Django has to be up

    while True:
        sweep()
        time.sleep(EVERY_SECONDS)


if __name__ == "__main__":
    main()
