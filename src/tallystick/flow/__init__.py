"""The work itself, pure: one module per stage, values in, events or a refusal out."""
