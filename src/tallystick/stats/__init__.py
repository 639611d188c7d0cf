"""Numbers in, numbers out, each with its source."""
