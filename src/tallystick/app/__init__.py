"""The only writer: authorise, load, decide, append, project."""
