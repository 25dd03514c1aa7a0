"""Where an error came about, without what it says: messages of databases and providers quote owners' data."""

import re
from collections.abc import Iterator
from traceback import walk_tb

FRAME = re.compile(r'^ +File "([^"]+)", line (\d+), in (\S+)', re.MULTILINE)
MOST_FRAMES = 12  # of each error in the chain, from where it was raised
SHOWN_PARTS = 3


def where(error: BaseException) -> str:
    """Returns the kinds of the error and of those behind it, each with its frames, the innermost first."""
    return "; caused by ".join(f"{type(each).__name__} at {_frames(each)}" for each in _chain(error))


def where_of_text(traceback: str) -> str:
    """The same of a formatted traceback."""
    found = [_frame(*match) for match in FRAME.findall(traceback)]
    return " < ".join(reversed(found[-MOST_FRAMES:]))


def _chain(error: BaseException) -> Iterator[BaseException]:
    seen = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        yield following
        seen.add(id(following))
        hidden = None if following.__suppress_context__ else following.__context__
        following = following.__cause__ or hidden


def _frames(error: BaseException) -> str:
    found = [
        _frame(frame.f_code.co_filename, line, frame.f_code.co_name)
        for frame, line in walk_tb(error.__traceback__)
    ]
    return " < ".join(reversed(found[-MOST_FRAMES:])) or "an unknown place"


def _frame(path: str, line: object, function: str) -> str:
    return f"{'/'.join(path.split('/')[-SHOWN_PARTS:])}:{line} {function}"
