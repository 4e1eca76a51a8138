"""The history of the record store's tables, run by `migrate`."""
