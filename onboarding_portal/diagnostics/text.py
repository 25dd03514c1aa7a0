"""Texts that come from manufacturers, made fit to be shown."""


def readable(text: str) -> str:
    """The text without halves of characters: JSON may hold them, no page can."""
    return text.encode("utf-8", "replace").decode("utf-8")


def printable(text: str) -> str:
    """The text on one line and without what would command a terminal."""
    words = " ".join(readable(text).split())
    return "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in words)
