"""The mailed code: how it is made, and how it is found in what people paste."""

import re
import unicodedata

from django.utils.crypto import get_random_string

LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels: neither a code nor a part of it is a word
LENGTH = 6

# In one piece, or with anything in between that is no letter: spaces, all kinds of dashes, dots.
IN_ONE_PIECE = re.compile(rf"(?<!\w)[{LETTERS}]{{{LENGTH}}}(?!\w)")
IN_PIECES = re.compile(rf"(?<!\w)[{LETTERS}](?:[\W_]*[{LETTERS}]){{{LENGTH - 1}}}(?!\w)")


def new_code() -> str:
    return get_random_string(LENGTH, LETTERS)


def code_in(text: str) -> str:
    """Returns the code in a text, which may be the whole subject of the mail, or a sentence of it; "" if none is."""
    plain = unicodedata.normalize("NFKC", text)
    visible = "".join(each for each in plain if unicodedata.category(each) != "Cf").upper()
    found = IN_ONE_PIECE.search(visible) or IN_PIECES.search(visible)
    return re.sub(r"[\W_]", "", found.group()) if found else ""
