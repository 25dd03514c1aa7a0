"""A make's mark where there is no logo: its initials on a colour that is always the same one."""

import zlib

COLOURS = 8  # in static/portal.css, `.mark-0` and so on
SHORT = 3  # letters; a name of so few, all capitals, is its own mark: BMW, MG


def initials(name: str) -> str:
    """Two or three letters: "VO" of Volvo, "AR" of Alfa Romeo, "BMW" of BMW."""
    words = [word for word in name.replace("-", " ").split() if word[0].isalnum()]
    if not words:
        return name[:1].upper()
    if len(words[0]) <= SHORT and words[0].isupper():
        return words[0]
    return (words[0][0] + words[1][0] if len(words) > 1 else words[0][:2]).upper()


def colour_number(make_id: str) -> int:
    """Which of the colours, from 0."""
    return zlib.crc32(make_id.encode()) % COLOURS
