"""Requests as shell commands."""

import shlex
from datetime import datetime

from ktui.model import Exchange
from ktui.records.curl import curl, curl_of


def test_a_shell_reads_back_what_was_sent():
    body = b'{"records":[{"value":"it\'s $HOME `x` \\" \n"}]}'
    command = curl("POST", "http://h:1/topics/a%20b?x=1&y=2", [("Accept", "a/b"), ("Host", "h")], body)
    assert shlex.split(command) == [
        *["curl", "-sS", "-X", "POST", "http://h:1/topics/a%20b?x=1&y=2", "-H", "Accept: a/b", "--data-binary"],
        body.decode(),
    ]


def test_secrets_are_named_not_written():
    command = curl("GET", "http://h/topics", [("Authorization", "Basic c2VjcmV0"), ("X-Api-Key", "hidden")])
    assert "c2VjcmV0" not in command
    assert '-u "$KTUI_USER:$KTUI_PASSWORD"' in command
    assert '-H "X-Api-Key: $X_API_KEY"' in command
    assert '-H "Authorization: Bearer $KTUI_TOKEN"' in curl("GET", "http://h/", [("Authorization", "Bearer hidden")])


def test_a_body_that_was_cut_says_so():
    exchange = Exchange(1, datetime(2026, 11, 20), "POST", "/t", "http://h/t", request_body=b"{}", request_size=70_000)
    assert curl_of(exchange).endswith("# the first 2 of 70000 bytes of the body")
