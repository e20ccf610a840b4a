"""The Kafka verbs on a real cluster, by librdkafka: extra `ktui[kafka]`. Only here `confluent_kafka` is imported."""
