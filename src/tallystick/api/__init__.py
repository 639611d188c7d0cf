"""The same commands and queries as JSON, described by OpenAPI."""
