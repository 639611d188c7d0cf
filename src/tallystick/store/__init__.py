"""Read models (droppable), queries and the vault. SQL lives here and in ledger."""
