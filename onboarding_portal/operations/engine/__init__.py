"""How the engine is, for people: what staff see of it, what is wrong, and whom it is told to."""
