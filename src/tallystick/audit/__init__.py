"""Check a log, a receipt or a release without a server: what an outsider runs."""
