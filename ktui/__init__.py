"""ktui: a terminal UI over the Kafka REST Proxy. Importing this package costs nothing."""

__version__ = "0.1.0"
