"""A small application for each queue, as its own manual would have it.

Each has `enqueue()` for one call of `marks.mark`, and, where it applies, `prepare()` for its tables
and `enqueue_many(count)`. They run with what `requirements-bench.txt` installs.
"""
