"""The shapes of the answers, for the schema; the views answer with plain dictionaries."""
