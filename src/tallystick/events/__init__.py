"""Every fact that the journal can hold, past tense, versioned, one module per stage."""
