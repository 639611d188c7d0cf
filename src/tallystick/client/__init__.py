"""Typed Python client of the API. Imports nothing of the server."""
