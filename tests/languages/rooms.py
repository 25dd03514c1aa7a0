"""Which files hold owners' texts. All that are not staff's are: a new file is gathered unless it is named here."""

from fnmatch import fnmatch
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Staff's pages and e-mails are English. Their texts stay marked, and out of the catalogues.
STAFF = [
    "templates/admin/*",
    "templates/api/_operation.html",
    "templates/api/docs.html",
    "templates/components/*",  # for developers
    "templates/errors/_desk.html",
    "templates/errors/locked_out.html",
    "templates/includes/why.html",
    *(
        f"templates/accounts/email/{name}_*"
        for name in ("colleague_invited", "no_password", "password_link", "staff_address", "staff_notice")
    ),
    "onboarding_portal/accounts/admin/*",
    "onboarding_portal/accounts/colleagues/*",
    "onboarding_portal/accounts/single_sign_on/*",
    "onboarding_portal/accounts/staff/*",
    "onboarding_portal/accounts/two_factor/*",
    "onboarding_portal/accounts/invitations/*",
    "onboarding_portal/accounts/paced_mail.py",
    "onboarding_portal/accounts/ev_energy_user.py",
    "onboarding_portal/api/*",
    "onboarding_portal/catalogue/logo.py",
    "onboarding_portal/desk/*",
    "onboarding_portal/diagnostics/*",
    "onboarding_portal/insights/*",
    "onboarding_portal/operations/*",
    "onboarding_portal/sandbox/*",
    "onboarding_portal/readiness/staff/*",
    "onboarding_portal/reconnects/policy/*",
    "onboarding_portal/reconnects/staff/*",
    "onboarding_portal/catalogue/unknown_search.py",
    "onboarding_portal/onboarding/steps.py",
    "onboarding_portal/vehicles/by_hand.py",
    "onboarding_portal/vehicles/causes.py",
    "onboarding_portal/vehicles/changed_hands.py",
    "onboarding_portal/vehicles/episode_queries.py",
    "onboarding_portal/vehicles/leaving.py",
    "onboarding_portal/vehicles/make_outage.py",
    "onboarding_portal/vehicles/notes.py",
    "onboarding_portal/vehicles/stale_age.py",
    "onboarding_portal/vehicles/stale_episode.py",
    "onboarding_portal/vehicles/staff_acts.py",
    "onboarding_portal/vehicles/sync_*.py",
    "onboarding_portal/vehicles/vehicle_words.py",
    "*/admin.py",
    "*_admin.py",
    "*/admin_*.py",
    "*/models/*",
    "*/migrations/*",
    "*/time_line.py",
]
# Here the names of columns are for staff, and what methods say is for owners.
MODELS = ["*/models.py"]


def owners_files() -> list[Path]:
    """Templates first, then modules, each by name."""
    templates = [each for each in (ROOT / "templates").rglob("*") if each.suffix in {".html", ".txt"}]
    modules = list((ROOT / "onboarding_portal").rglob("*.py"))
    return [each for each in [*sorted(templates), *sorted(modules)] if _is_owners(each)]


def name_of(file: Path) -> str:
    return file.relative_to(ROOT).as_posix()


def is_of_models(file: Path) -> bool:
    return any(fnmatch(name_of(file), pattern) for pattern in MODELS)


def _is_owners(file: Path) -> bool:
    return not any(fnmatch(name_of(file), pattern) for pattern in STAFF)
