"""The only code below the worker that speaks to Redis and RQ."""
