"""Writes the pages that are derived from the code; `make docs` runs it."""
