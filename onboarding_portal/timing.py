"""The lengths of time that depend on one another across rooms. `tests/test_timing.py` states how.

Those of a reconnect's own life are in `reconnects/timetable.py`.

Whoever changes one runs that test. What only one module cares about stays in that module.
"""

from datetime import timedelta

# A platform sends SIGTERM and kills after this; gunicorn's --graceful-timeout in the Procfile ends a second before.
GRACE_SECONDS = 10.0

# Owners in front of a screen.
# How long a second click waits for the link that the first has asked for.
PATIENCE_SECONDS = 4.0
# ev.energy's link is used up when a browser has opened it, so each click gets a new one. A double click, or a click
# in two tabs, is one click to its owner and shares one link for so long.
SAME_CLICK = timedelta(seconds=10)
# How long ev.energy may take over a link while its owner waits. With the patience it stays below the grace.
OWNER_CALL_SECONDS = 5.0

# How long an owner who connects a car waits: for the address to go to, and for all vehicles of a return together.
OWNER_WAITS_SECONDS = 8.0
# How long one e-mail may take, whatever the mail server does. A code is waited for as well.
MAIL_SECONDS = 7.5

# Background work on reconnects.
# How long one task works before it makes room for others.
SLICE_SECONDS = 2.0
# How long the last call of a slice may take. Together they stay below the grace.
ONE_CALL_SECONDS = 6.0
# A task that has run for longer than this was killed with its worker.
LONGEST_RUN = timedelta(seconds=60)

# Leases: longer than any single piece of work they are taken for.
RECONNECT_LEASE = timedelta(seconds=30)
ONBOARDING_LEASE = timedelta(seconds=30)
SYNC_LEASE = timedelta(seconds=30)
# A look for the cars of an owner who signed in for the first time.
FIRST_LOOK_LEASE = timedelta(seconds=30)
# A vehicle taken for a read or a diagnosis comes due again by itself after so long.
VEHICLE_WORK_LEASE = timedelta(minutes=10)
# How long one slice of work on vehicles goes on, and one of onboarding's.
VEHICLE_SLICE_SECONDS = 4.0
# With the slice before it, one attempt's stays below the grace; it is longer than ev.energy's answer may take.
ONBOARDING_SLICE_SECONDS = 7.5

# What staff, and owners who ask, may want to look up is kept for two years. Lifetimes of connections are counted from
# what began since: of what is older not all is there.
HISTORY = timedelta(days=730)
