"""Which text owners agree to. Its words are in `templates/consents/_text.html`.

Whoever changes what it says gives it a new version: the day of the change. A test holds the two together.
"""

VERSION = "2026-11-27"
