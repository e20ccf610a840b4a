"""Redpanda's HTTP proxy, by its documentation and its source: there is no recording of it."""
