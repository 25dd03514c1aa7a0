"""How names are compared in search: without case, accents and punctuation."""

import re
import unicodedata

# Letters that Unicode does not decompose into a base letter and a mark.
_FOLDED = str.maketrans({"ß": "ss", "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe"})


def normalize(text: str) -> str:
    """Returns the words of `text` in lower case, without accents, parted by single spaces.

    >>> normalize("Citroën ë-C4 X")
    'citroen e c4 x'
    """
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_FOLDED))
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return " ".join(re.findall(r"[a-z0-9]+", plain))
