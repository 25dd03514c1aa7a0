"""When what happens in a reconnect's life: links, reminders, tries, looks.

How these depend on one another is in `tests/test_timing.py`; whoever changes one runs that test.
"""

from datetime import timedelta

# ev.energy's short-lived link.
# How long staff may still hand out a link without a stated expiry.
UNSTATED_LIFETIME = timedelta(hours=1)

# E-mails. Reminders go out so long after the first one, while its link works: RECONNECT_LINK_LIFETIME_DAYS
# must be more than the last of them.
REMINDERS = [timedelta(days=3), timedelta(days=7)]
# A batch leaves out owners who were e-mailed this recently.
EMAIL_COOLDOWN = timedelta(hours=24)
# An owner who pressed a button waits for minutes at most; then their press has failed.
PAUSES_OF_A_PRESS = [timedelta(seconds=seconds) for seconds in (5, 30, 120, 600)]
# What did not work is tried again after these pauses, and then it has failed: what is away for most of a day heals
# without anybody's hand.
PAUSES = [
    *(timedelta(seconds=seconds) for seconds in (5, 30, 120, 600)),
    *(timedelta(hours=hours) for hours in (1, 4, 12)),
]
# What waits for a mail server that takes nothing goes out soon after it is back.
LONGEST_PAUSE_OF_MAIL = timedelta(minutes=10)

# How long after the redirect a vehicle is looked at.
WATCH_STEPS = [
    *(timedelta(minutes=minutes) for minutes in (1, 2, 5, 10, 30)),
    *(timedelta(hours=hours) for hours in (1, 3, 6, 12, 24)),
]
