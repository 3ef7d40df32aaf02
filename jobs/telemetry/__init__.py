"""Metrics and logs: receivers of signals, so that work code never logs about itself twice."""
