"""The Kafka verbs in memory: topics and groups that live as long as the process. Pure."""
