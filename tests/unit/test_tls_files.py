"""Files of certificates and keys: the one that cannot be used is named, with what is wrong with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from ktui.errors import ConfigError
from ktui.rest.client import ProxyClient
from ktui.rest.tls import Tls
from tests.unit.papers import Papers, papers

__all__ = ["papers"]

PASSWORD = "correct-horse-battery"


@pytest.fixture(scope="session")
def locked(papers: Papers) -> Path:
    """The key of ann, encrypted."""
    key = load_pem_private_key(papers.key("ann").read_bytes(), None)
    encryption = BestAvailableEncryption(PASSWORD.encode())
    path = papers.folder / "locked.key"
    path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))
    return path


def refused(tls: Tls) -> str:
    with pytest.raises(ConfigError) as caught:
        ProxyClient("https://127.0.0.1:1", tls=tls)
    assert PASSWORD not in repr(tls)
    return str(caught.value)


def test_an_encrypted_key_asks_for_its_password(papers: Papers, locked: Path) -> None:
    cert = papers.cert("ann")
    assert refused(Tls(None, cert, locked)) == (
        f"key_file: {locked} is encrypted: its password is taken from KTUI_KEY_PASSWORD"
    )
    text = refused(Tls(None, cert, locked, f"not-{PASSWORD}"))
    assert text == f"key_file: {locked} is encrypted, and the password in KTUI_KEY_PASSWORD does not open it"
    Tls(None, cert, locked, PASSWORD).context()


def test_files_that_cannot_be_used_are_named(papers: Papers, tmp_path: Path) -> None:
    missing, text, damaged = tmp_path / "missing", tmp_path / "text", tmp_path / "damaged"
    text.write_text("hello")
    damaged.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    cert, key = papers.cert("ann"), papers.key("ann")
    names = {"ca_file": "--cacert", "cert_file": "--cert", "key_file": "key_file of [proxy.x] in f"}
    assert refused(Tls(missing)) == f"ca_file: {missing} cannot be read (No such file or directory)"
    assert refused(Tls(tmp_path)) == f"ca_file: {tmp_path} cannot be read (Is a directory)"
    assert refused(Tls(text, names=names)) == f"--cacert: {text} holds no certificate in PEM form"
    assert refused(Tls(damaged)) == f"ca_file: {damaged} holds a damaged certificate"
    assert (
        refused(Tls(None, missing, key, names=names)) == f"--cert: {missing} cannot be read (No such file or directory)"
    )
    assert refused(Tls(None, cert)) == f"cert_file: {cert} holds no private key in PEM form"
    assert (
        refused(Tls(None, cert, text, names=names)) == f"{names['key_file']}: {text} holds no private key in PEM form"
    )
    assert refused(Tls(None, cert, papers.key("here"))) == (
        f"key_file: {papers.key('here')} is not the key of the certificate in {cert}"
    )
    assert refused(Tls(None, damaged, key)).startswith(f"cert_file: {damaged} and its key cannot be used (")
    assert refused(Tls(None, None, key)) == "key_file is given without a certificate: cert_file, or --cert"


def test_for_plain_http_no_file_is_opened_and_no_authority_loaded(tmp_path: Path) -> None:
    code = f"""
import ssl
from pathlib import Path
loaded = []
for name in ("load_default_certs", "load_verify_locations", "load_cert_chain"):
    setattr(ssl.SSLContext, name, lambda *_, **__: loaded.append(1))
from ktui.rest.client import ProxyClient
from ktui.rest.tls import Tls
ProxyClient("http://127.0.0.1:1", tls=Tls(Path({str(tmp_path)!r}), Path("missing")))
print(len(loaded), flush=True)
ProxyClient("https://127.0.0.1:1")
print(len(loaded))
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=30)
    assert run.stdout.split() == ["0", "1"]
