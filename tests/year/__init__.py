"""A year of a whole deployment, with the time moved by hand and everything else as it is in life."""
