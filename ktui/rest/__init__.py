"""The only code that speaks HTTP to a Kafka REST proxy. Knows nothing of screens, nor of keeping records."""
