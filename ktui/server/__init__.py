"""A REST Proxy of our own over a few Kafka verbs. Never imports `rest`: the two may disagree, and tests can tell."""
