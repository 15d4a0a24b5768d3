"""What floating-point arithmetic does to the numbers of a tape."""
