"""The record schemas, one module per signal: fields, validation, form description, export mapping."""
