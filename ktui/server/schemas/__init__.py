"""Keys and values in the formats of a schema registry: avro, jsonschema, protobuf.

Knows nothing of HTTP: `schemas.Schemas` turns bytes into JSON texts and JSON values into bytes. What it stands on
(confluent-kafka's registry client, fastavro, protobuf, jsonschema-rs) is imported when the first schema is asked for.
"""
