"""How names are compared in search: without case, accents and punctuation."""

import re
import unicodedata

# Letters that Unicode does not decompose into a base letter and a mark.
_FOLDED = str.maketrans({"ß": "ss", "ø": "o", "đ": "d", "ł": "l", "æ": "ae", "œ": "oe"})


def words(text: str) -> list[str]:
    """Returns the words of `text` in lower case and without accents: "Citroën ë-C4" gives citroen, e, c4."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_FOLDED))
    plain = "".join(character for character in decomposed if not unicodedata.combining(character))
    return re.findall(r"[a-z0-9]+", plain)


def search_words(*names: str) -> str:
    """Returns the text that a search looks through for an entry with these names, from make down to itself.

    Each word follows a space, so that " ion" finds words that begin with it. Each name also stands there written
    together, because people type "id3" and "model3".
    """
    found: list[str] = []
    for name in names:
        parts = words(name)
        found += parts
        if len(parts) > 1:
            found.append("".join(parts))
    return "".join(f" {word}" for word in found)
