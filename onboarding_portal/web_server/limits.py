"""How much a visitor may send, and how long they may take. docs/deploy.md tells them to operators."""

# The largest request staff can make, a list with every row of a page selected, has 10 kB.
LARGEST_BODY_BYTES = 256 * 1024
# A file of staff's, at the one address that takes one: 10,000 rows of 100 letters, twice that in UTF-16.
LARGEST_UPLOAD_BYTES = 2 * 1024 * 1024
UPLOADS = frozenset({"/admin/accounts/invitationimport/add/"})
# Strangers may send as much there before anybody asks who they are: so many at a time in a process.
MOST_UPLOADS = 4
# Line, headers and cookies together.
LARGEST_HEAD_BYTES = 16 * 1024

# From its first byte, or from the connection's beginning, until a request is there, headers and body.
REQUEST_SECONDS = 15.0
# A visitor takes an answer at this pace or faster, looked at over so long.
ANSWER_SECONDS = 20.0
SLOWEST_ANSWER_BYTES_PER_SECOND = 500
# What the program may have written ahead of its visitor before it has to wait: only a long list to download does.
LARGEST_ANSWER_AHEAD_BYTES = 4 * 1024 * 1024
# Who is refused in the middle of sending sees the answer only if somebody listens on.
LISTENING_ON_SECONDS = 5.0

# Connections of one process. When they get nearly so many, those that have waited longest for their visitor go.
MOST_CONNECTIONS = 1000
