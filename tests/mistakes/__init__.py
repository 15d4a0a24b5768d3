"""The measure of the diagnosis: mistakes in backward passes that were written by hand."""
