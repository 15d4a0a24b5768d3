"""The chain rule of a tape, line by line: as text, LaTeX and code."""
