"""Numbers in, SVG out: the same picture on a page and in a data card."""
