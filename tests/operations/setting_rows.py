"""The rows and columns of the table of settings: what a sound value of each is, and how it may be odd."""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.utils.encoding import iri_to_uri

SECRET = "Tr0ub4dor-pQ7-kZ2_vX9mB4nL8sD1fG6hJ3wR5tY0uI-aS_eC2bN7x"
Values = dict[str, Any]  # what the settings module holds

# Every column makes a raw value from a sound one; `{}` in a sound value is where its password is.
COLUMNS: dict[str, Callable[[str], str]] = {
    "empty": lambda _sound: "",
    "spaces": lambda sound: f"  {sound}\t ",
    "double quotes": lambda sound: f'"{sound}"',
    "single quotes": lambda sound: f"'{sound}'",
    "quotes, spaces": lambda sound: f' " {sound} " ',
    "one quote": lambda sound: f'"{sound}',
    "$ first": lambda sound: f"${sound}",
    "$ alone": lambda _sound: "$",
    "#": lambda sound: _within(sound, "#"),
    "space #": lambda sound: _within(sound, " #"),
    "/": lambda sound: _within(sound, "/"),
    "?": lambda sound: _within(sound, "?"),
    "%": lambda sound: _within(sound, "%"),
    "@": lambda sound: _within(sound, "@"),
    "[": lambda sound: _within(sound, "["),
    ":": lambda sound: _within(sound, ":"),
    "not ASCII": lambda sound: _within(sound, "é"),
    "not UTF-8": lambda sound: _within(sound, "\udce9"),
    "line break": lambda sound: _within(sound, "\n"),
    "wrong scheme": lambda sound: f"gopher://{sound.rpartition('://')[2]}",
    "no scheme": lambda sound: sound.rpartition("://")[2],
    "case": lambda sound: sound.swapcase(),
    "IPv6": lambda _sound: "[2001:db8::1]",
    "slash last": lambda sound: f"{sound}/",
    "list": lambda sound: f"{sound}, {sound}",
    "huge": lambda _sound: "9" * 5000,
    "negative": lambda _sound: "-1",
    "nan": lambda _sound: "nan",
    "word": lambda _sound: "treu",
}
PASSWORD_COLUMNS = (
    "$ first",
    "#",
    "space #",
    "/",
    "?",
    "%",
    "@",
    "[",
    ":",
    "not ASCII",
    "not UTF-8",
    "line break",
)


@dataclass(frozen=True, kw_only=True)
class Row:
    """A setting. `effect` is what came of it; `meant` is what it must be if the raw value is taken at all."""

    sound: str
    effect: Callable[[Values], Any]
    meant: Callable[[str], Any]
    secret: str = ""
    odd: dict[str, str] | None = None  # a column's raw value where the general one says nothing
    beside: dict[str, str] | None = None  # what else is set

    def raw(self, column: str) -> str:
        if self.odd and column in self.odd:
            return self.odd[column]
        if "{}" not in self.sound:
            return COLUMNS[column](self.sound)
        if column in PASSWORD_COLUMNS:
            return self.sound.format(COLUMNS[column](SECRET))
        return COLUMNS[column](self.sound.format(SECRET))


def _within(sound: str, odd: str) -> str:
    middle = len(sound) // 2
    return f"{sound[:middle]}{odd}{sound[middle:]}"


def bare(raw: str) -> str:
    raw = raw.strip()
    return raw[1:-1].strip() if len(raw) > 1 and raw[0] == raw[-1] and raw[0] in "'\"" else raw


def text(name: str, sound: str, **more: Any) -> Row:
    """A setting every text of which is taken as it stands."""
    return Row(sound=sound, effect=lambda values: str(values[name]), meant=bare, **more)


def parsed(name: str, sound: str, value: Any, **more: Any) -> Row:
    """A setting that is read: what is taken at all must mean the same as the sound value."""
    return Row(sound=sound, effect=lambda values: values[name], meant=lambda _raw: value, **more)


def _entries(raw: str) -> list[str]:
    return [each for each in bare(raw).replace(",", " ").split(" ") if each]


def listed(name: str, sound: str, **more: Any) -> Row:
    """A setting of several entries, each of which is taken as it stands."""
    return Row(sound=sound, effect=lambda values: [*values[name]], meant=_entries, **more)


def web(name: str, sound: str, **more: Any) -> Row:
    """A web address; a slash at its end makes no difference."""
    host = sound.split("/")[2]
    ipv6, letters = "[2001:db8::1]", "cärs.example.com"
    ascii_for = {ipv6: ipv6, letters: "xn--crs-qla.example.com"}

    def meant(raw: str) -> str:
        return next(
            (f"https://{ascii_for[odd]}{sound.partition(host)[2]}" for odd in ascii_for if odd in raw), sound
        )

    return Row(
        sound=sound,
        effect=lambda values: values[name].rstrip("/"),
        meant=lambda raw: meant(raw).rstrip("/"),
        odd={
            "case": sound.replace("https", "HTTPS").replace(host, host.upper()),
            "/": f"{sound}//",
            "IPv6": sound.replace(host, ipv6),
            "not ASCII": sound.replace(host, letters),
        },
        **more,
    )


def page(name: str, sound: str) -> Row:
    """The https address of a page, all of which is taken as it stands."""
    return Row(
        sound=sound,
        effect=lambda values: values[name].lower(),
        meant=lambda raw: iri_to_uri(bare(raw)).lower(),
        odd={"not ASCII": f"{sound}é"},
    )


def _mail(values: Values) -> Any:
    names = ("BACKEND", "HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_TLS")
    return tuple(values[f"EMAIL_{name}"] for name in names)


def _password(raw: str) -> str:
    return bare(raw).partition("//user:")[2].rpartition("@")[0]


def _database(values: Values) -> Any:
    found = values["DATABASES"]["default"]
    return found["ENGINE"], found["USER"], found["PASSWORD"], found["NAME"]


OPENID = {"OIDC_CLIENT_ID": "portal", "OIDC_CLIENT_SECRET": SECRET[::-1]}
SMTP = "onboarding_portal.accounts.mail_server.EmailBackend"
HOST = "cars.example.com"
LOGO = str(Path(__file__).parents[1] / "brand/logo.svg")
YEAR = 31_536_000
ROWS = {
    "SECRET_KEY": text("SECRET_KEY", SECRET, secret=SECRET),
    "SECRET_KEY_FALLBACKS": Row(
        sound=SECRET,
        effect=lambda values: values["SECRET_KEY_FALLBACKS"],
        meant=lambda raw: [key for key in bare(raw).replace(",", " ").split(" ") if key],
        secret=SECRET,
    ),
    "PORTAL_URL": web("PORTAL_URL", f"https://{HOST}"),
    "EV_ENERGY_API_URL": web("EV_ENERGY_API_URL", "https://api.ev.energy/v2"),
    "EV_ENERGY_TOKEN_URL": web("EV_ENERGY_TOKEN_URL", "https://api.ev.energy/o/token/"),
    "EV_ENERGY_CLIENT_ID": text("EV_ENERGY_CLIENT_ID", "portal-client"),
    "EV_ENERGY_CLIENT_SECRET": text("EV_ENERGY_CLIENT_SECRET", SECRET[::-1], secret=SECRET[::-1]),
    "EV_ENERGY_NEXT_CLIENT_SECRET": text("EV_ENERGY_NEXT_CLIENT_SECRET", SECRET[::-1], secret=SECRET[::-1]),
    "PORTAL_NAME": text("PORTAL_NAME", "Brightfield Energy"),
    "PORTAL_SUPPORT_EMAIL": text("PORTAL_SUPPORT_EMAIL", "help@example.com"),
    "SECURITY_CONTACT": text("SECURITY_CONTACT", "security@example.com"),
    "BRAND_ACCENT_COLOUR": parsed("BRAND_ACCENT_COLOUR", "#0b5fff", "#0b5fff"),
    "BRAND_LOGO": text("BRAND_LOGO", LOGO),
    "BRAND_LOGO_DARK": text("BRAND_LOGO_DARK", LOGO),
    "BRAND_FAVICON": text("BRAND_FAVICON", LOGO),
    "BRAND_CORNER_RADIUS": parsed("BRAND_CORNER_RADIUS", "6", 6),
    "BRAND_FONT": parsed("BRAND_FONT", "serif", "serif"),
    "BRAND_PRIVACY_URL": page("BRAND_PRIVACY_URL", "https://www.example.com/privacy"),
    "BRAND_TERMS_URL": page("BRAND_TERMS_URL", "https://www.example.com/terms"),
    "BRAND_HELP_URL": page("BRAND_HELP_URL", "https://www.example.com/help?of=cars"),
    "BRAND_PHONE": text("BRAND_PHONE", "+44 20 7946 0000"),
    "BRAND_SUPPORT_HOURS": Row(
        sound="Mo-Fr 8-18, Sa 9:30-13",
        effect=lambda values: [(each.first, each.last, each.opens) for each in values["BRAND_SUPPORT_HOURS"]],
        meant=lambda _raw: [(0, 4, dt.time(8)), (5, 5, dt.time(9, 30))],
    ),
    "INVITATION_PROVES_MAILBOX": parsed("INVITATION_PROVES_MAILBOX", "true", True),
    "SIGNUP_OPEN": parsed("SIGNUP_OPEN", "false", False),
    "OIDC_ISSUER": web("OIDC_ISSUER", "https://login.example.com/realm", beside=OPENID),
    "OIDC_CLIENT_ID": text("OIDC_CLIENT_ID", "portal"),
    "OIDC_CLIENT_SECRET": text("OIDC_CLIENT_SECRET", SECRET[::-1], secret=SECRET[::-1]),
    "OIDC_STAFF_DOMAIN": text("OIDC_STAFF_DOMAIN", "brightfield.example"),
    "OIDC_GROUPS_CLAIM": text("OIDC_GROUPS_CLAIM", "groups"),
    "STAFF_TWO_FACTOR": parsed("STAFF_TWO_FACTOR", "required", "required"),
    "TIME_ZONE": parsed("TIME_ZONE", "Europe/London", "Europe/London"),
    "DATABASE_URL": Row(
        sound="postgres://user:{}@db.example.com:5432/portal",
        effect=_database,
        meant=lambda raw: ("django.db.backends.postgresql", "user", _password(raw), "portal"),
        secret=SECRET,
        odd={
            "case": f"POSTGRES://user:{SECRET}@DB.example.com:5432/portal",
            "IPv6": f"postgres://user:{SECRET}@[2001:db8::1]:5432/portal",
        },
    ),
    "CONN_MAX_AGE": Row(
        sound="60",
        effect=lambda values: values["DATABASES"]["default"]["CONN_MAX_AGE"],
        meant=lambda _raw: 60,
    ),
    "CACHE_URL": Row(
        sound="rediss://user:{}@cache.example.com:6379/0",
        effect=lambda values: values["CACHES"]["default"]["LOCATION"].lower(),
        meant=lambda raw: bare(raw).removesuffix("/").lower(),
        secret=SECRET,
        odd={
            "case": f"REDISS://user:{SECRET}@cache.example.com:6379/0",
            "IPv6": f"rediss://user:{SECRET}@[2001:db8::1]:6379/0",
        },
    ),
    "EMAIL_URL": Row(
        sound="smtp+tls://user:{}@smtp.example.com",
        effect=_mail,
        meant=lambda raw: (
            SMTP,
            "2001:db8::1" if "db8" in raw else "smtp.example.com",
            587,
            "user",
            _password(raw),
            True,
        ),
        secret=SECRET,
        odd={
            "case": f"SMTP+TLS://user:{SECRET}@SMTP.example.com",
            "IPv6": f"smtp+tls://user:{SECRET}@[2001:db8::1]:587",
        },
    ),
    "DEFAULT_FROM_EMAIL": text("DEFAULT_FROM_EMAIL", "Brightfield <cars@example.com>"),
    "MAILS_PER_MINUTE": parsed("MAILS_PER_MINUTE", "120", 120),
    "MAILS_PER_MINUTE_TO_A_DOMAIN": parsed("MAILS_PER_MINUTE_TO_A_DOMAIN", "30", 30),
    "MAIL_HOURS": parsed("MAIL_HOURS", "9-18", (9, 18)),
    "STATIC_ROOT": Row(
        sound="/srv/static",
        effect=lambda values: values["STATIC_ROOT"],
        meant=lambda raw: Path(bare(raw)),
    ),
    "EV_ENERGY_STALE_AFTER_HOURS": parsed("EV_ENERGY_STALE_AFTER_HOURS", "24", 24),
    "EV_ENERGY_RESERVED_REQUESTS": parsed("EV_ENERGY_RESERVED_REQUESTS", "100", 100),
    "SMART_CHARGING_STEPS": parsed("SMART_CHARGING_STEPS", "address,switch", ["address", "switch"]),
    "SMART_CHARGING_TARIFF": text("SMART_CHARGING_TARIFF", "tari01HN2NJ9NMRZBXT1H6FT9N7735"),
    "RECONNECT_LINK_LIFETIME_DAYS": parsed("RECONNECT_LINK_LIFETIME_DAYS", "21", 21),
    "EV_ENERGY_RATE_WINDOW_SECONDS": parsed("EV_ENERGY_RATE_WINDOW_SECONDS", "1800", 1800),
    "EV_ENERGY_VERIFY_OWNERSHIP": parsed("EV_ENERGY_VERIFY_OWNERSHIP", "true", True),
    "EV_ENERGY_CONNECT_TIMEOUT_SECONDS": parsed("EV_ENERGY_CONNECT_TIMEOUT_SECONDS", "2.5", 2.5),
    "EV_ENERGY_READ_TIMEOUT_SECONDS": parsed("EV_ENERGY_READ_TIMEOUT_SECONDS", "4.5", 4.5),
    "HSTS_SECONDS": parsed("SECURE_HSTS_SECONDS", "3600", 3600),
    "HSTS_INCLUDE_SUBDOMAINS": parsed("SECURE_HSTS_INCLUDE_SUBDOMAINS", "false", False),
    "HSTS_PRELOAD": parsed("SECURE_HSTS_PRELOAD", "true", True),
    "DEBUG": parsed("DEBUG", "false", False),
    "ALLOWED_HOSTS": Row(
        sound=HOST,
        effect=lambda values: {HOST, *values["ALLOWED_HOSTS"]},
        meant=lambda raw: {HOST, "[2001:db8::1]"} if "db8" in raw else {HOST},
        odd={"list": f"{HOST}, [2001:db8::1]", "IPv6": f"{HOST},2001:db8::1"},
    ),
    "TRUSTED_PROXY_COUNT": parsed("TRUSTED_PROXY_COUNT", "2", 2),
    "METRICS_TOKEN": text("METRICS_TOKEN", SECRET, secret=SECRET),
    "ADMINS": Row(
        sound="ops@example.com",
        effect=lambda values: [address for _name, address in values["ADMINS"]],
        meant=_entries,
    ),
    "ALARM_WEBHOOK_URL": Row(
        sound="https://hooks.example.com/alarms/{}",
        effect=lambda values: values["ALARM_WEBHOOK_URL"].lower(),
        meant=lambda raw: bare(raw).lower(),
        secret=SECRET,
    ),
    "LOCAL_ORIGINS": listed("LOCAL_ORIGINS", "http://127.0.0.1:8001"),
    "EV_ENERGY_WEBHOOK_SECRETS": listed("EV_ENERGY_WEBHOOK_SECRETS", "whsec_{}", secret=SECRET),
    "SENTRY_DSN": text("SENTRY_DSN", "https://0123456789abcdef@sentry.example.com/42"),
    "LOG_LEVEL": parsed("LOG_LEVEL", "WARNING", "WARNING"),
    "LOG_FORMAT": parsed("LOG_FORMAT", "plain", "plain"),
}
