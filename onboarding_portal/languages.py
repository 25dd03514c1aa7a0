"""The languages of owners' pages and e-mails. Staff's pages are English."""

from pathlib import Path

from django.conf import settings
from django.utils.translation import get_supported_language_variant

# By their own names, in the order of the alphabet, as they are offered; English, the first language, leads.
LANGUAGES = [
    ("en", "English"),
    ("cs", "Čeština"),
    ("cy", "Cymraeg"),
    ("da", "Dansk"),
    ("de", "Deutsch"),
    ("es", "Español"),
    ("fr", "Français"),
    ("it", "Italiano"),
    ("hu", "Magyar"),
    ("nl", "Nederlands"),
    ("nb", "Norsk"),
    ("pl", "Polski"),
    ("pt", "Português"),
    ("ro", "Română"),
    ("fi", "Suomi"),
    ("sv", "Svenska"),
    ("el", "Ελληνικά"),
    ("ar", "العربية"),
]
# Made from the English texts, to see what is not marked and what is too narrow: see docs/languages.md.
PSEUDO_LANGUAGES = [("en-xa", "[Ƥşéûðö]"), ("ar-xb", "[Ƥşéûðö ←]")]
PSEUDO_FOLDER = Path(__file__).resolve().parent.parent / ".pseudo"
_BY_OTHER_CODES = {"no": "nb", "nn": "nb"}


def spoken(code: object) -> str:
    """The code of the language the portal answers in to who asks for this one, a claim of anybody's; "" if none."""
    if not isinstance(code, str) or not code:
        return ""
    code = code.lower().replace("_", "-")
    try:
        return get_supported_language_variant(_BY_OTHER_CODES.get(code.split("-")[0], code))
    except LookupError:
        return ""


def name_of(code: str) -> str:
    """The language's own name; "" for one the portal does not speak."""
    return dict(settings.LANGUAGES).get(code, "")
