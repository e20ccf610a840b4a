"""The v3 API, which only C has."""
