"""The engine: a tape, what records on it, and the derivatives that are read back from it."""
