"""What each process counts for whoever watches the portal. `operations/metrics/` adds up what all of them counted.

No label holds anything of an owner, and each has few values, known when the program is written.
"""

from prometheus_client import CollectorRegistry, Counter, Histogram

COUNTED = CollectorRegistry()

SECONDS = (0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

REQUESTS = Counter(
    "portal_requests",
    "Requests answered, by page (the admin is one), method and status.",
    ["page", "method", "status"],
    registry=COUNTED,
)
REQUEST_SECONDS = Histogram(
    "portal_request_seconds",
    "How long answers took, by audience.",
    ["audience"],
    buckets=SECONDS,
    registry=COUNTED,
)
CALLS = Counter(
    "portal_ev_energy_calls",
    "Calls to ev.energy by operation and outcome: ok, or the kind of failure.",
    ["operation", "outcome"],
    registry=COUNTED,
)
SPENT = Counter(
    "portal_ev_energy_spent",
    "Requests sent to ev.energy, repetitions included, by whom they were for: owners, staff, sync, background.",
    ["by"],
    registry=COUNTED,
)
CALL_SECONDS = Histogram(
    "portal_ev_energy_call_seconds",
    "How long calls to ev.energy took, repetitions included.",
    buckets=SECONDS,
    registry=COUNTED,
)
MAILS = Counter(
    "portal_mails",
    "E-mails handed to the mail server, by outcome: accepted or refused.",
    ["outcome"],
    registry=COUNTED,
)
TASKS = Counter("portal_tasks", "Background tasks ended, by outcome.", ["task", "outcome"], registry=COUNTED)
JOBS = Counter("portal_jobs", "Jobs of the clock ended, by outcome.", ["job", "outcome"], registry=COUNTED)
