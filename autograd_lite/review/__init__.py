"""`review`: which line of a hand-written backward pass is wrong, and what it should say."""
