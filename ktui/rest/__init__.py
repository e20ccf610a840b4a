"""The only code that speaks HTTP to a proxy: every endpoint typed in and out. No retries, no judgement."""
