"""Start and compose: the command line."""
