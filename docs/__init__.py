"""The documentation. `generator` writes the pages that say what the code says."""
