"""The ledger's history of tables, oldest first under `versions/`."""
