"""The living page: each part of owners' pages and each e-mail with made-up rows, for who changes how they look."""
