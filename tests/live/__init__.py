"""A walk through the app by its own keys, on a real proxy and on the sandbox."""
