"""The SQL of the hot path: each statement for PostgreSQL and for SQLite, side by side."""
