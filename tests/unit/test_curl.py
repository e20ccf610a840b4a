"""Requests as shell commands."""

import shlex
from datetime import datetime

from ktui.model import Exchange
from ktui.records.curl import curl, curl_of
from ktui.rest.client import ProxyClient
from ktui.rest.tls import Tls


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


def test_curl_trusts_whom_we_trust(tmp_path):
    tls = Tls(tmp_path / "our ca.pem", tmp_path / "ann.pem", tmp_path / "ann.key", "secret", insecure=True)
    command = curl("GET", "https://h/topics", options=tls.curl)
    assert shlex.split(command) == [
        *["curl", "-sS", "--insecure", "--cacert", f"{tmp_path}/our ca.pem", "--cert", f"{tmp_path}/ann.pem"],
        *["--key", f"{tmp_path}/ann.key", "--pass", "$KTUI_KEY_PASSWORD", "-X", "GET", "https://h/topics"],
    ]
    client = ProxyClient("http://h", tls=tls)  # without TLS it would be a word too much
    assert client.curl_options == ()
    assert ProxyClient("https://h", tls=Tls(insecure=True)).curl_options == ("--insecure",)


def test_a_body_that_was_cut_says_so():
    exchange = Exchange(1, datetime(2026, 11, 20), "POST", "/t", "http://h/t", request_body=b"{}", request_size=70_000)
    assert curl_of(exchange).endswith("# the first 2 of 70000 bytes of the body")
