"""No regular expression of the product takes more than its share of time over a long text made to hurt it.

The patterns are found in the source, every call of `re` there is, so none can be left out.
"""

import ast
import importlib
import re
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from functools import cache, partial
from pathlib import Path

import pytest
from django.conf import settings

from onboarding_portal.accounts.sign_in.code import code_in
from onboarding_portal.addresses import address_to_look_up, readable
from onboarding_portal.catalogue.words import search_words
from onboarding_portal.ev_energy import ids
from onboarding_portal.ev_energy.times import read_moment
from onboarding_portal.redaction import redact
from onboarding_portal.vehicles import signs

PACKAGE = settings.BASE_DIR / "onboarding_portal"
# They see nobody's texts but ours: the last reads the operator's own .env.
TOOLS = ("sandbox", "migrations", "environment.py")
FUNCTIONS = {"compile", "sub", "subn", "match", "search", "fullmatch", "findall", "finditer", "split"}
# Calls whose pattern is known only when they run, and all the patterns it can be.
KNOWN_LATER = {
    "ev_energy/json_types.py": [
        rf"(?:^|[/_]){pattern}$" for name, pattern in vars(ids).items() if name.endswith("_PATTERN")
    ],
    "vehicles/signs.py": [
        pattern for one in signs.SIGNS.values() for pattern in (one.said, one.coded) if pattern
    ],
}
SMALL, LARGE = 1_000, 4_000  # characters
# Four times the text takes four times as long, or 16 times where time grows with its square.
TOLERATED = 8.0
# Less than this for the larger text is no harm, whatever it was for the smaller.
HARMLESS_SECONDS = 0.002
TRIES = 4


def calls() -> Iterator[tuple[str, ast.Call]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        name = str(path.relative_to(PACKAGE))
        if not set(TOOLS) & set(Path(name).parts):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                    owner = node.func.value
                    if isinstance(owner, ast.Name) and owner.id == "re" and node.func.attr in FUNCTIONS:
                        yield name, node


def pattern_of(name: str, call: ast.Call) -> str | bytes | None:
    """The pattern of a call as its module would make it; None if that takes more than the module's own names."""
    module = importlib.import_module(f"onboarding_portal.{name.removesuffix('.py').replace('/', '.')}")
    try:
        return eval(compile(ast.Expression(call.args[0]), name, "eval"), vars(module))  # noqa: S307  our own source
    except (NameError, AttributeError):
        return None


@cache
def patterns() -> dict[str, tuple[re.Pattern[str] | re.Pattern[bytes], str]]:
    """Each by its file and itself, with its flags and the function of `re` that is called with it."""
    found: dict[str, tuple[re.Pattern[str] | re.Pattern[bytes], str]] = {}
    for name, call in calls():
        pattern = pattern_of(name, call)
        flags = re.IGNORECASE if "IGNORECASE" in ast.dump(call) else re.NOFLAG
        flags |= re.MULTILINE if "MULTILINE" in ast.dump(call) else re.NOFLAG
        flags |= re.ASCII if "'ASCII'" in ast.dump(call) else re.NOFLAG
        for each in KNOWN_LATER[name] if pattern is None else [pattern]:
            compiled = re.compile(each, flags)
            assert isinstance(call.func, ast.Attribute)
            found[f"{name}: {call.func.attr} {compiled.pattern!r}"[:90]] = (compiled, call.func.attr)
    return found


GENERAL = [
    *(
        "a",
        "A",
        "1",
        "_",
        ".",
        "-",
        "/",
        "?",
        "=",
        "@",
        "%",
        ":",
        "&",
        "<",
        ">",
        '"',
        "'",
        "(",
        "[",
        "{",
        "é",
        "\n",
        " ",
        "\t",
    ),
    *(
        "a.",
        "a1",
        "aA1",
        "aA-",
        "a@",
        "@a.",
        "a ",
        "1 ",
        "a=",
        "?a=",
        "a/",
        "/a",
        "%40",
        "B ",
        "B-",
        "B.",
        "B_",
        "1:",
        "60",
    ),
    *(
        "http://",
        "https://a/",
        "https://a ",
        "a@a.a",
        "bearer ",
        "<a>",
        "<>",
        "; rel=",
        "T2020",
        "12:12:60",
        " +",
        "Z ",
        "+ ",
    ),
]
WORD = re.compile(r"[a-z_]{3,}", re.IGNORECASE)


def hostile_texts(pattern: re.Pattern[str] | re.Pattern[bytes]) -> Iterator[str]:
    """What is repeated: signs of all kinds, the pattern's own words, and those with something in between."""
    text = pattern.pattern.decode() if isinstance(pattern.pattern, bytes) else pattern.pattern
    words = sorted(set(WORD.findall(text)))
    yield from GENERAL
    for word in words:
        yield from (word, f"{word} ", f"{word}=", f"/{word}/", f"{word} = ", f"?{word}=", f"https://a/{word}")


def seconds(work: Callable[[str], object], text: str) -> float:
    """How long this thread computed: what else the machine does meanwhile does not count."""
    began_at = time.thread_time()
    work(text)
    return time.thread_time() - began_at


def shortest(work: Callable[[str], object], text: str) -> float:
    return min(seconds(work, text) for _ in range(TRIES))


def grows_too_fast(
    work: Callable[[str], object], repeated: str, *, harmless_seconds: float = HARMLESS_SECONDS
) -> str:
    """What was measured, if it is too much; "" if not. What seems too much has to be so every time."""
    for end in ("", "!"):
        for start in ("", "x", "1", "a="):
            small, large = (start + repeated * (length // len(repeated)) + end for length in (SMALL, LARGE))
            long = seconds(work, large)
            if long < harmless_seconds or long < (tolerated := shortest(work, small) * TOLERATED):
                continue
            long = shortest(work, large)
            if long >= max(harmless_seconds, tolerated):
                return f"{start!r} + {repeated!r}… + {end!r}: {long * 1000:.1f} ms"
    return ""


def searching(pattern: re.Pattern[str] | re.Pattern[bytes], function: str = "sub") -> Callable[[str], object]:
    """A search through all of a text, or from its beginning where the product looks there alone."""
    if function in {"match", "fullmatch"}:
        assert isinstance(pattern.pattern, str)
        return getattr(pattern, function)
    if isinstance(pattern.pattern, bytes):
        return lambda text: pattern.sub(b"", text.encode())
    return lambda text: pattern.sub("", text)


def first_too_fast(work: Callable[[str], object], texts: Iterable[str]) -> str:
    return next((found for text in texts if (found := grows_too_fast(work, text))), "")


def test_patterns_are_found_at_all() -> None:
    assert len(patterns()) > 40
    assert any("redaction.py" in name for name in patterns())


@pytest.mark.parametrize("pattern", [r"[a-z]+@", r"\s+$", r"(https?://[^/]+)/\S*(?:reconnect)"])
def test_a_pattern_that_is_known_to_be_slow_is_found_out(pattern: str) -> None:
    work = searching(re.compile(pattern))

    # However fast the machine is.
    assert any(grows_too_fast(work, text, harmless_seconds=0) for text in ("a", " ", "https://a/"))


def test_a_pattern_that_is_slow_at_the_beginning_of_a_text_is_found_out() -> None:
    assert grows_too_fast(searching(re.compile("a+a+b"), "fullmatch"), "a", harmless_seconds=0)


@pytest.mark.parametrize("name", patterns())
def test_time_of_a_pattern_grows_with_the_text_only(name: str) -> None:
    pattern, function = patterns()[name]

    assert not first_too_fast(searching(pattern, function), hostile_texts(pattern))


def _read_moment(text: str) -> None:
    with suppress(ValueError):
        read_moment(text)


@pytest.mark.parametrize(
    "work",
    [
        redact,
        partial(redact, is_quoted=True),
        search_words,
        code_in,
        address_to_look_up,
        readable,
        _read_moment,
    ],
    ids=["redact", "redact a quote", "search", "code", "address", "readable address", "time"],
)
def test_time_of_what_reads_strangers_texts_grows_with_the_text_only(work: Callable[[str], object]) -> None:
    assert not first_too_fast(work, [*GENERAL, "http://a/reconnect/", "a@a.a,", "xn--a.", "\u0301", "\u212b"])
