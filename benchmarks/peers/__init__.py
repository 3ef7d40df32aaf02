"""The same work on other task queues, beside ours: see docs/benchmarks.md for the rules."""
