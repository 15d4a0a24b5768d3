"""What people read in an error: the way out, names as data, and what other libraries call it."""
