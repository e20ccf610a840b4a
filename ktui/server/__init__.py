"""A REST Proxy of our own over a few Kafka verbs. Never imports `rest`, so that the two can disagree and tests can tell."""
