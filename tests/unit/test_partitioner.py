"""The hash that Kafka's producers choose partitions with."""

import pytest

from ktui.records.partitioner import murmur2, partition_of


@pytest.mark.parametrize(
    ("key", "hashed"),  # from Kafka's own UtilsTest
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_murmur2_as_kafka_computes_it(key, hashed):
    assert murmur2(key) == hashed & 0xFFFFFFFF
    assert partition_of(key, 6) == (hashed & 0x7FFFFFFF) % 6
