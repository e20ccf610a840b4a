"""How each flavour says what is wrong: status, error code, text and form, from the recordings."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple


class Word(NamedTuple):
    """One kind of refusal. `{0}` in the text is the detail."""

    status: int
    code: int
    text: str
    form: str = "typed"
    """typed: JSON with the type of the answer; untyped: JSON without a Content-Type; plain: text/plain;
    bare: text without a type; empty: nothing; invalid: with a list of validation errors; json: application/json."""


Words = Mapping[str, Word]

FORBIDDEN = 40301
"""The code of what an ACL forbids, of a request and of a record in it."""

_PATH = "HTTP 404 Not Found"
_BUG = Word(500, 500, "Internal Server Error")

CONFLUENT: Words = {
    "no_path": Word(404, 404, _PATH, "untyped"),
    "wrong_method": Word(405, 405, "HTTP 405 Method Not Allowed", "untyped"),
    "not_acceptable": Word(406, 406, "HTTP 406 Not Acceptable", "untyped"),
    "wrong_type": Word(415, 415, "HTTP 415 Unsupported Media Type"),
    "bad_number": Word(404, 404, _PATH),
    "bad_query": Word(404, 404, _PATH),
    "negative_query": _BUG,
    "no_body": Word(422, 422, "{0} must not be null (was null)"),
    "not_json": Word(400, 400, "{0}"),
    "bad_shape": Word(400, 400, "{0}"),
    "unknown_field": Word(422, 422, "Unrecognized field: {0}"),
    "no_records": Word(422, 422, "{0}.records must not be empty (was [])"),
    "bad_base64": Word(400, 400, 'Bad Request: data="{0}" is not a valid base64 string.'),
    "not_base64": Word(400, 400, "Bad Request: data={0} is not a base64 string."),
    "negative_partition": _BUG,
    "no_registry": Word(422, 42207, "Error serializing message. Schema Registry not defined."),
    "unknown_topic": Word(404, 40403, "{0}"),
    "unknown_partition": Word(404, 40402, "Partition not found."),
    "invalid_topic": Word(400, 40002, "{0}"),
    "topic_exists": Word(400, 40002, "{0}"),
    "bad_request": Word(400, 40002, "{0}"),
    "forbidden": Word(403, FORBIDDEN, "{0}"),
    "payload": Word(422, 42206, "Payload error. {0}"),
    "no_schemas": Word(422, 42206, "Error: 42206 : Payload error. {0}"),
    "bad_batch": Word(422, 42208, "{0}"),
    "no_config": Word(404, 404, "Config {0}"),
    "kafka": Word(500, 50002, "{0}"),
    "retriable": Word(500, 50003, "{0}"),
    "no_instance": Word(404, 40403, "Consumer instance not found."),
    "taken": Word(409, 40902, "Consumer with specified consumer ID already exists in the specified consumer group."),
    "bad_format": Word(422, 422, "Invalid format type."),
    "bad_reset": Word(
        422,
        42204,
        "Invalid consumer configuration: Invalid value {0} for configuration auto.offset.reset: Invalid value `{0}` "
        "for configuration auto.offset.reset. The value must be either 'earliest', 'latest', 'none' or of the format "
        "'by_duration:<PnDTnHnMn.nS.>'.",
    ),
    "bad_min_bytes": Word(
        422, 40001, "Invalid consumer configuration. It does not abide by the constraints: fetch.min.bytes {0}"
    ),
    "no_deserializer": Word(500, 50002, "Failed to construct kafka consumer"),
    "not_a_list": Word(
        400,
        400,
        "Cannot construct instance of `ArrayList` (although at least one Creator exists): no String-argument "
        "constructor/factory method to deserialize from String value ('{0}')",
    ),
    "bad_pattern": _BUG,
    "exclusive": Word(409, 40903, "Illegal state: {0}"),
    "unassigned": Word(409, 40903, "Illegal state: {0}"),
    "no_assignment": _BUG,
    "closed": _BUG,
    "negative_offset": _BUG,
    "negative_commit": _BUG,
    "missing": _BUG,
    "no_such_time": _BUG,
    "no_partitions": Word(404, 40402, "Partition not found."),
    "mismatch": Word(
        406, 40601, "The requested embedded data format does not match the deserializer for this consumer instance"
    ),
    "not_there": Word(404, 404, _PATH),
    "no_authorizer": Word(400, 40002, "No Authorizer is configured on the broker"),
    "no_members": Word(404, 404, "Consumer Group {0} does not exist."),
    "no_group": Word(404, 404, "Consumer Group {0} could not be found."),
    "no_offsets": Word(404, 404, "Consumer group offsets could not be found."),
    "poison": Word(408, 40801, "{0}"),
}

_REGISTRY = "Schema Registry not defined: this gateway was started without --schema-registry"

GATEWAY: Words = {
    **CONFLUENT,
    "no_instance": Word(404, 40403, "Consumer instance not found. It was deleted, or idled too long (ktui gateway)"),
    "bad_header": Word(422, 422, "A header is an object with a key and, in base64 or null, a value"),
    "body_too_large": Word(413, 413, "The body is larger than the {0} bytes that are taken here"),
    "body_too_slow": Word(408, 408, "The body did not come in time"),
    "busy": Word(429, 429, "Too much is on its way to this gateway just now"),
    "too_many": Word(429, 429, "There are {0} consumer instances already, as many as are allowed here"),
    "no_registry": Word(422, 42207, f"Error serializing message. {_REGISTRY}"),
    "no_schemas": Word(422, 42206, f"Error: 42206 : Payload error. {_REGISTRY}"),
    "no_deserializer": Word(500, 50002, f"Failed to construct kafka consumer. {_REGISTRY}"),
    "no_key_schema": Word(422, 42201, "Request includes keys but does not include key schema"),
    "no_value_schema": Word(422, 42202, "Request includes values but does not include value schema"),
    "bad_schema": Word(422, 42205, "Invalid schema: {0}"),
    "no_schema": Word(422, 42207, "Error serializing message. {0}"),
    "misfit": Word(400, 400, "{0}"),
    "read_only": Word(
        403, 403, "This gateway only reads (--read-only): nothing is sent, committed, made, changed or deleted"
    ),
}

_SCHEMA = Word(400, 400, "Validation error on: Schema validation error", "invalid")
_LONE = Word(500, 500, "Internal Server Error", "bare")

STRIMZI: Words = {
    **CONFLUENT,
    "no_path": Word(404, 404, "Not Found"),
    "wrong_method": Word(405, 405, "", "empty"),
    "not_acceptable": Word(
        406, 406, "Consumer format does not match the embedded format requested by the Accept header."
    ),
    "wrong_type": Word(400, 400, "Validation error on: The format of the request body is not supported"),
    "bad_number": _SCHEMA,
    "bad_query": _SCHEMA,
    "negative_query": Word(500, 500, "java.lang.IllegalArgumentException: Invalid negative timeout {0}"),
    "no_body": Word(400, 400, "Validation error on: The related request does not contain the required body."),
    "not_json": Word(400, 400, "Validation error on: The request body can't be decoded"),
    "bad_shape": _SCHEMA,
    "not_a_list": _SCHEMA,
    "unknown_field": _SCHEMA,
    "not_base64": _SCHEMA,
    "no_records": Word(
        422,
        422,
        'Cannot invoke "com.fasterxml.jackson.databind.node.ArrayNode.iterator()" because "jsonArray" is null',
    ),
    "bad_base64": Word(422, 422, "Illegal base64 character in {0}"),
    "negative_partition": Word(
        422, 422, "Invalid partition: {0}. Partition number should always be non-negative or null."
    ),
    "unknown_topic": Word(404, 404, "org.apache.kafka.common.errors.UnknownTopicOrPartitionException: {0}"),
    "unknown_partition": Word(404, 404, "Specified partition does not exist."),
    "invalid_topic": Word(500, 500, "org.apache.kafka.common.errors.InvalidTopicException: {0}"),
    "topic_exists": Word(500, 500, "{0}"),
    "bad_request": Word(500, 500, "{0}"),
    "kafka": Word(500, 500, "org.apache.kafka.common.KafkaException: {0}"),
    "retriable": Word(500, 500, "org.apache.kafka.common.errors.TimeoutException: {0}"),
    "no_instance": Word(404, 404, "The specified consumer instance was not found."),
    "taken": Word(409, 409, "A consumer instance with the specified name already exists in the Kafka Bridge."),
    "bad_reset": Word(422, 422, "Invalid value {0} for configuration auto.offset.reset"),
    "no_topics": Word(422, 422, "A list (of Topics type) or a topic_pattern must be specified."),
    "bad_pattern": Word(500, 500, "java.util.regex.PatternSyntaxException: {0}"),
    "exclusive": Word(409, 409, "Subscriptions to topics, partitions, and patterns are mutually exclusive."),
    "exclusive_pattern": Word(
        500,
        500,
        "java.lang.IllegalStateException: Subscription to topics, partitions and pattern are mutually exclusive",
    ),
    "unassigned": Word(404, 404, "{0}"),
    "no_assignment": Word(500, 500, "{0}"),
    "negative_offset": Word(500, 500, "java.lang.IllegalArgumentException: seek offset must not be a negative number"),
    "negative_commit": _LONE,
    "missing": _LONE,
    "missing_topic": Word(
        500,
        500,
        "java.lang.IllegalArgumentException: Topic partitions to assign to cannot have null or empty topic",
    ),
    "missing_offsets": Word(
        500,
        500,
        'Cannot invoke "com.fasterxml.jackson.databind.node.ArrayNode.size()" because "seekOffsetsList" is null',
    ),
    "mismatch": Word(406, 406, "Consumer format does not match the embedded format requested by the Accept header."),
    "too_large": Word(422, 422, "Response exceeds the maximum number of bytes the consumer can receive"),
    "poison": Word(406, 406, "Failed to decode:{0}"),
}

_FORMAT = Word(422, 42204, "Invalid format type")

KARAPACE: Words = {
    **CONFLUENT,
    "no_path": Word(404, 404, "404: Not Found", "plain"),
    "wrong_method": Word(405, 405, "405: Method Not Allowed", "plain"),
    "no_origin": Word(400, 400, "OPTIONS missing Origin", "plain"),
    "not_acceptable": Word(406, 406, "HTTP 406 Not Acceptable"),
    "bad_number": Word(404, 404, "Partition {0} not found"),
    "bad_query": Word(500, 500, "Invalid request parameters: {0}"),
    "negative_query": Word(500, 500, "Invalid request parameter {0}"),
    "no_body": Word(400, 400, "Missing request JSON body", "plain"),
    "not_json": Word(400, 400, "Invalid request JSON body", "plain"),
    "not_an_object": Word(400, 400, "Malformed request", "json"),
    "not_a_list": Word(422, 422, "Topics is expected to be list of strings"),
    "bad_shape": Word(422, 422, "Invalid request format"),
    "unknown_field": Word(422, 422, "Invalid request format"),
    "records_no_list": Word(400, 400, "'records' must be an array"),
    "no_records": Word(422, 422, "Invalid request format"),
    "bad_base64": Word(400, 400, 'data="{0}"  is not a base64 string.'),
    "not_base64": Word(400, 400, "data={0}  is not a base64 string."),
    "too_large": Word(413, 413, "HTTP Request Entity Too Large", "json"),
    "unknown_topic": Word(404, 40401, "Topic {0} not found"),
    "unknown_topic_detail": Word(404, 40403, "Topic {0} not found"),
    "unknown_partition": Word(404, 40402, "Partition {0} not found"),
    "commit_partition": Word(404, 40402, "Partition {0}"),
    "kafka": Word(500, 500, "error sending commit request: {0}"),
    "no_instance": Word(404, 40403, "Consumer for {0} not found among []"),
    "taken": Word(409, 40902, "Consumer {0} already exists"),
    "bad_format": _FORMAT,
    "bad_reset": Word(
        422,
        42204,
        "Invalid value bar for configuration auto.offset.reset: String must be one of: {{'earliest', 'latest'}}",
    ),
    "bad_min_bytes": Word(422, 42204, "Expected fetch.min.bytes to be >= -1"),
    "bad_pattern": Word(500, 500, "Internal server error", "json"),
    "no_topics": Word(409, 40903, "Neither topic_pattern nor topics are present in request"),
    "exclusive": Word(409, 40903, "IllegalStateError"),
    "both": Word(
        409,
        40903,
        "IllegalStateError: You must choose only one way to configure your consumer: (1) subscribe to specific topics "
        "by name, (2) subscribe to topics matching a regex pattern, (3) assign itself specific topic-partitions.",
    ),
    "unassigned": Word(409, 40903, "{0} is unassigned"),
    "unassigned_edge": Word(404, 40403, "Unknown topic or partition"),
    "unknown_read": Word(404, 40403, "Unknown topic or partition"),
    "negative_offset": Word(500, 50001, "offset must be a positive number"),
    "missing": Word(500, 50001, "{0} missing from request"),
    "no_partitions": Word(400, 400, "Missing request JSON body", "plain"),
    "mismatch": Word(406, 40601, "Consumer format {0} does not match the embedded format"),
    "no_bytes": Word(500, 500, "Internal server error", "json"),
    "poison": Word(422, 422, "{0}"),
}

_PARSE = Word(422, 422, "parse error at offset 1")
_NOWHERE = Word(404, 404, "Not found")
_NO_PARTITION = Word(404, 40402, "unknown_topic_or_partition")

REDPANDA: Words = {
    kind: word._replace(form="json")
    for kind, word in {
        **CONFLUENT,
        "no_path": _NOWHERE,
        "wrong_method": _NOWHERE,
        "not_acceptable": Word(406, 406, "not_acceptable"),
        "wrong_type": Word(415, 415, "unsupported_media_type"),
        "control_characters": Word(400, 40002, "Parameter contained invalid control characters"),
        "bad_number": Word(400, 40002, "Invalid parameter: {0}"),
        "bad_query": Word(400, 40002, "Invalid parameter: {0}"),
        "missing_parameter": Word(400, 40002, "Missing mandatory parameter '{0}'"),
        **dict.fromkeys(
            (
                *("no_body", "not_json", "bad_shape", "unknown_field", "no_records"),
                *("bad_base64", "not_base64", "missing", "missing_topic"),
            ),
            _PARSE,
        ),
        **dict.fromkeys(("unknown_topic", "invalid_topic", "unknown_partition"), _NO_PARTITION),
        "out_of_range": Word(400, 40002, "offset_out_of_range"),
        "no_instance": Word(404, 40403, "unknown_member_id"),
        "bad_format": Word(400, 40002, "format must be 'binary' or 'json'"),
        "bad_option": Word(400, 40002, "{0}"),
    }.items()
}
