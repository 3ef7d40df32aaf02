"""The whole stack in one terminal: `python -m taskqueue_site.up`, started by `make up`."""
