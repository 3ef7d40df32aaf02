"""The worlds that tests stand on: servers, processes, makers of rows."""
