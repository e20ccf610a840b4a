"""Real processes in a real terminal: however the app is left, the proxy holds nothing of ours."""
