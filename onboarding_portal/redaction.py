"""What must not be logged or shown, by its look: whoever holds such a text could act for its owner, or name them."""

import re
from collections.abc import Callable, Iterable

Replacement = str | Callable[[re.Match[str]], str]


def _without_path_of_a_link(address: re.Match[str]) -> str:
    """Links ev.energy and the manufacturers hand out: their hosts are not knowable, their paths are."""
    is_link = "reconnect" in address[0] or "onboarding" in address[0]
    return f"{address[1]}/[link]" if is_link else address[0]


# What is removed, by its look, in this order. Patterns stop before quotes and backslashes; their time grows with the
# text and not with its square, because a stranger's text may be long.
PATTERNS: list[tuple[re.Pattern[str], Replacement]] = [
    # A key of the portal's API, wherever it stands.
    (re.compile(r"evportal_live_\w*"), "[api key]"),
    (re.compile(r"""\b(bearer|basic)\s+[\w.~+/=-]{6,}""", re.IGNORECASE), r"\1 [token]"),
    (
        re.compile(
            # Not any word that ends so: "fetch_token: ok" tells of an operation.
            r"""((?:(?<![a-z_])(?:access_token|refresh_token|csrfmiddlewaretoken|token|client_secret|secret|code)"""
            r"""|\b\w*password|\bsessionid)["']?\s*[=:]\s*["']?)"""
            r"""(?!\[)[^\s"'\\&,;<>{}()\[\]]{6,}""",
            re.IGNORECASE,
        ),
        r"\1[secret]",
    ),
    (re.compile(r"""\?[\w.%~\[\]-]+=[^\s"'<>\\]*"""), "?[query]"),
    # The portal's own lasting links, and returns, whose attempt is nobody else's business.
    (
        re.compile(r"""/(invite|reconnect|reminders|return|password|hand-over)/[\w%.~=+-][\w%.~=+:-]*"""),
        r"/\1/[token]",
    ),
    (re.compile(r"""(https?://[^/\s"'\\]+)/[^\s"'<>\\]*"""), _without_path_of_a_link),
    # From the beginning of such a word only: the path of a page nobody has is logged, and it may be a long one.
    (
        re.compile(
            r"""(?<![\w.!#$%&'*+/=^`{|}~-])[\w.!#$%&'*+/=^`{|}~-]+(?:@|%40)[\w-]+(\.[\w-]+)+""",
        ),
        "[email]",
    ),
    # A long word of upper case, lower case and digits is a token; ev.energy's ids have a shape of their own.
    (
        re.compile(
            r"(?<![\w-])(?![a-z]{4}[A-Z0-9]{26}(?![\w-]))(?=[\w-]*[a-z])(?=[\w-]*[A-Z])(?=[\w-]*\d)"
            r"[A-Za-z0-9_-]{28,}(?![\w-])"
        ),
        "[token]",
    ),
    # A sign-in code: six consonants, as allauth makes them.
    (re.compile(r"(?<![A-Za-z])[BCDFGHJKLMNPQRSTVWXZ]{6}(?![A-Za-z])"), "[code]"),
]
# What providers quote of what they were sent is nobody's own text: more is blotted out of it, and before the rest.
QUOTED: list[tuple[re.Pattern[str], Replacement]] = [
    (re.compile(r"\bhttps?://\S+", re.IGNORECASE), "[link]"),
    (re.compile(r"(?<![^\s@])[^\s@]+@[^\s@]+"), "[email]"),
    (
        re.compile(r"(?i)\b(bearer|token|secret|password|code)(\s*[=:]\s*|\s+)[^\s,;]{6,}"),
        r"\1 [secret]",
    ),
    # A car's own number (ISO 3779): seventeen letters and digits, no I, O or Q.
    (re.compile(r"\b(?=[A-HJ-NPR-Z0-9]*\d)[A-HJ-NPR-Z0-9]{17}\b"), "[VIN]"),
    (re.compile(r"\b(?=\w*\d)[\w.-]{32,}"), "[secret]"),
]


def redact(text: str, *, secrets: Iterable[str] = (), is_quoted: bool = False) -> str:
    """Returns the text without `secrets`, e-mail addresses, tokens, codes, queries and links that open something."""
    for secret in secrets:
        text = text.replace(secret, "[secret]")
    for pattern, replacement in [*(QUOTED if is_quoted else ()), *PATTERNS]:
        text = pattern.sub(replacement, text)
    return text
