"""The chain rule in words, LaTeX and code, and the code as a fast program."""
