"""What every database takes as text."""


def storable(text: str) -> str:
    """Returns the text without what others may send and PostgreSQL refuses: NUL, and halves of characters."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
