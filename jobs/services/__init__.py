"""Writes: one verb a file, keyword-only."""
