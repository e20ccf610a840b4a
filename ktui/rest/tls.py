"""TLS: whom we trust, the certificate we show, and in words what went wrong with either."""

from __future__ import annotations

import shlex
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ktui.errors import ConfigError

_EXPIRED, _NOT_YET = 10, 9
_OTHER_NAME = (62, 64)
_UNKNOWN_CA = (18, 19, 20, 21)
"""X509_V_ERR_* of OpenSSL."""
_WANTS_CERTIFICATE = ("CERTIFICATE_REQUIRED", "BAD_CERTIFICATE", "HANDSHAKE_FAILURE", "NO_CERTIFICATE")
"""Alerts for a certificate that was not shown: of TLS 1.3, of Java, of TLS 1.2, of old ones."""
_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "PACKET_LENGTH_TOO_LONG")
_NOT_SAID = (ssl.SSLWantReadError, ssl.SSLWantWriteError, ssl.SSLZeroReturnError, ssl.SSLEOFError)
"""No word of the other side."""
HOW = "cert_file and key_file, or --cert and --key"


@dataclass(frozen=True)
class Tls:
    """What a person chose. Paths as they are to be opened."""

    ca_file: Path | None = None
    """Trusted instead of the usual authorities."""
    cert_file: Path | None = None
    key_file: Path | None = None
    """None: the key is in `cert_file`."""
    key_password: str | None = field(default=None, repr=False)
    insecure: bool = False
    """Whoever answers is believed."""
    names: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What each of them is called in messages, where that is not its name here."""

    def context(self) -> ssl.SSLContext:
        """Build it: 16 to 44 ms. ConfigError names the file that cannot be used."""
        context = self._trust()
        if self.cert_file is not None:
            self._show(context, self.cert_file)
        elif self.key_file is not None:
            raise ConfigError(f"{self._name('key_file')} is given without a certificate: cert_file, or --cert")
        return context

    @property
    def curl(self) -> tuple[str, ...]:
        """The same for curl, as words of a shell. A password of the key is named, not written."""
        files = (("--cacert", self.ca_file), ("--cert", self.cert_file), ("--key", self.key_file))
        words = [f"{option} {shlex.quote(str(path))}" for option, path in files if path is not None]
        if self.insecure:
            words.insert(0, "--insecure")
        if self.key_password is not None:
            words.append('--pass "$KTUI_KEY_PASSWORD"')
        return tuple(words)

    def _trust(self) -> ssl.SSLContext:
        import httpx

        if self.insecure:
            return httpx.create_ssl_context(verify=False)
        if self.ca_file is None:
            try:
                return httpx.create_ssl_context()
            except OSError as error:  # an SSLError is one too
                raise ConfigError(f"SSL_CERT_FILE or SSL_CERT_DIR cannot be used: {error.strerror}") from None
        self._need("ca_file", self.ca_file, "CERTIFICATE-----")
        try:
            return ssl.create_default_context(cafile=self.ca_file)
        except OSError:
            raise ConfigError(f"{self._name('ca_file')}: {self.ca_file} holds a damaged certificate") from None

    def _show(self, context: ssl.SSLContext, cert: Path) -> None:
        key, key_name = (self.key_file, "key_file") if self.key_file else (cert, "cert_file")
        self._need("cert_file", cert, "CERTIFICATE-----")
        self._need(key_name, key, "PRIVATE KEY-----")
        asked = False

        def password() -> str:
            nonlocal asked
            asked = True
            return self.key_password or ""

        reason = _loading(context, cert, key, password)
        if reason is None:
            return
        name = self._name(key_name)
        if reason == "KEY_VALUES_MISMATCH":
            said = f"{name}: {key} is not the key of the certificate in {cert}"
        elif asked and self.key_password is None:
            said = f"{name}: {key} is encrypted: its password is taken from KTUI_KEY_PASSWORD"
        elif asked:
            said = f"{name}: {key} is encrypted, and the password in KTUI_KEY_PASSWORD does not open it"
        else:
            said = f"{self._name('cert_file')}: {cert} and its key cannot be used ({reason.replace('_', ' ').lower()})"
        raise ConfigError(said)

    def _need(self, setting: str, path: Path, mark: str) -> None:
        """Raise ConfigError unless the file can be read and has such a part."""
        try:
            found = mark.encode() in path.read_bytes()
        except OSError as error:
            raise ConfigError(f"{self._name(setting)}: {path} cannot be read ({error.strerror})") from None
        if not found:
            what = "certificate" if mark.startswith("CERT") else "private key"
            raise ConfigError(f"{self._name(setting)}: {path} holds no {what} in PEM form")

    def _name(self, setting: str) -> str:
        return self.names.get(setting, setting)


def _loading(context: ssl.SSLContext, cert: Path, key: Path, password: object) -> str | None:
    """Load certificate and key; the reason of OpenSSL when that is not possible."""
    try:
        context.load_cert_chain(cert, key, password)  # type: ignore[arg-type]
    except ssl.SSLError as error:
        return error.reason or "no reason is told"
    except ValueError:  # a password of more than 1024 characters
        return "no password of that length"
    return None


def trouble(causes: Iterable[BaseException], where: str, *, shown: bool) -> str | None:
    """A sentence when TLS is what failed. `shown`: we have a certificate of our own."""
    for cause in causes:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"TLS: the certificate of {where} {_unverified(cause)}"
        if isinstance(cause, ssl.SSLError) and not isinstance(cause, _NOT_SAID):
            return f"TLS: {where} {_disagreed(cause, shown)}"
    return None


def silence(where: str, *, tls: bool, connecting: bool, shown: bool) -> str:
    """A sentence for a connection that ended without a word, on the very first try: not every server sends alerts."""
    if not tls:
        return f"{where} closed the connection without an answer; if it speaks TLS, the address begins with https://"
    certificate = "it does not accept our certificate" if shown else f"it wants a client certificate ({HOW})"
    if connecting:
        return (
            f"TLS: {where} ended the handshake without a word. Either no TLS is spoken there (http), or {certificate}"
        )
    return f"TLS: {where} closed the connection after the handshake, without an answer. It may be that {certificate}"


def _unverified(error: ssl.SSLCertVerificationError) -> str:
    words = error.verify_message or error.reason
    if error.verify_code == _EXPIRED:
        return "or of its authority has expired: whoever runs the proxy has to renew it"
    if error.verify_code == _NOT_YET:
        return "is not valid yet: is the clock of this machine right?"
    if error.verify_code in _OTHER_NAME:
        return f"is made for another name, so is the address right? ({words})"
    if error.verify_code in _UNKNOWN_CA:
        return f"is not trusted: its authority is not known here. Name its file in ca_file or --cacert ({words})"
    return f"is not trusted ({words})"


def _disagreed(error: ssl.SSLError, shown: bool) -> str:
    reason = (error.reason or str(error)).upper()
    words = reason.replace("_", " ").lower()
    if any(sign in reason for sign in _NO_TLS):
        return "answers, but not in TLS: does the address begin with http://?"
    if "ALERT" not in reason:
        return f"does not agree ({words})"
    if shown and "PROTOCOL_VERSION" not in reason:
        return f"does not accept our client certificate: is it of the right authority, and still valid? ({words})"
    if any(sign in reason for sign in _WANTS_CERTIFICATE):
        return f"wants a client certificate: name it in {HOW} ({words})"
    return f"refuses ({words})"
