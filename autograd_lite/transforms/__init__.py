"""Functions made of functions: derivatives, and the same function with less memory."""
