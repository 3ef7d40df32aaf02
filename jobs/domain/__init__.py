"""Rules as data: no database, no Redis, no HTTP."""
