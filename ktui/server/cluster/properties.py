"""Client properties: as a Java client's file has them, and as librdkafka calls them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import PurePath

from ktui.errors import ConfigError

SECRET = re.compile(
    r"password|secret|user\.info|\.key$|\.key\.pem$|jaas|token(?!\.endpoint)|assertion|oauthbearer\.config", re.I
)
"""Names of what is not to be shown."""
MASK = "***"

_RENAMED: Mapping[str, str] = {
    "max.request.size": "message.max.bytes",
    "fetch.max.wait.ms": "fetch.wait.max.ms",
    "send.buffer.bytes": "socket.send.buffer.bytes",
    "receive.buffer.bytes": "socket.receive.buffer.bytes",
    "socket.connection.setup.timeout.max.ms": "socket.connection.setup.timeout.ms",
    "ssl.truststore.certificates": "ssl.ca.pem",
    "ssl.keystore.certificate.chain": "ssl.certificate.pem",
    "ssl.keystore.key": "ssl.key.pem",
    "sasl.oauthbearer.clientid": "sasl.oauthbearer.client.id",
    "sasl.oauthbearer.clientsecret": "sasl.oauthbearer.client.secret",
}
_JAVA_ONLY = re.compile(
    r"(key|value)\.(de)?serializer|interceptor\.classes|metric\.reporters|metrics\..*|buffer\.memory|max\.block\.ms"
    r"|max\.poll\.records|default\.api\.timeout\.ms|exclude\.internal\.topics|ssl\.(protocol|enabled\.protocols"
    r"|provider|(trust|key)manager\.algorithm|secure\.random\.implementation|engine\.factory\.class)"
    r"|ssl\.truststore\.(type|password)|ssl\.keystore\.type|sasl\.(login|client)\.callback\.handler\.class"
    r"|sasl\.login\.(class|(re)?(connect|read|retry|refresh).*)|auto\.include\.jmx\.reporter"
)
"""Settings of Java clients that have nothing to set here."""
_OURS = re.compile(
    r"group\.id|enable\.auto\.commit|auto\.commit\.interval\.ms|auto\.offset\.reset|enable\.partition\.eof"
    r"|enable\.auto\.offset\.store|.*_cb|logger|plugin\.library\.paths"
)
"""Settings that are each instance's, or would change what is promised."""


def parsed(text: str) -> dict[str, str]:
    """A properties file by Java's rules: comments, =, : or blanks between, lines that go on, \\u escapes."""
    found: dict[str, str] = {}
    for line in _whole_lines(text):
        name, value = _divided(line)
        found[_unescaped(name)] = _unescaped(value)
    return found


def _whole_lines(text: str) -> Iterator[str]:
    whole = ""
    for line in text.splitlines():
        line = line.lstrip(" \t\f")
        if not whole and (not line or line[0] in "#!"):
            continue
        whole += line
        slashes = len(line) - len(line.rstrip("\\"))
        if slashes % 2:
            whole = whole[:-1]
        else:
            yield whole
            whole = ""
    if whole:
        yield whole


def _divided(line: str) -> tuple[str, str]:
    end = re.match(r"(?:\\.|[^\\=:\s])*", line)
    assert end is not None
    rest = re.sub(r"\A[ \t\f]*[=:]?[ \t\f]*", "", line[end.end() :])
    return line[: end.end()], rest


def _unescaped(text: str) -> str:
    names = {"t": "\t", "n": "\n", "r": "\r", "f": "\f"}

    def plain(match: re.Match[str]) -> str:
        code, other = match.group(1), match.group(2)
        return chr(int(code, 16)) if code else names.get(other, other)

    return re.sub(r"\\(?:u([0-9a-fA-F]{4})|(.))", plain, text, flags=re.DOTALL)


def translated(properties: Mapping[str, str]) -> dict[str, str]:
    """What librdkafka is to be given. ConfigError for what it cannot have, with what to do instead."""
    found: dict[str, str] = {}
    for name, value in properties.items():
        if _OURS.fullmatch(name):
            raise ConfigError(f"{name} cannot be set: ktui sets it for each consumer itself")
        if name == "sasl.jaas.config":
            found.update(_jaas(value))
        elif name == "ssl.truststore.location":
            found["ssl.ca.location"] = _pem(name, value, properties.get("ssl.truststore.type"))
        elif name == "ssl.keystore.location":
            found.update(_keystore(value, properties))
        elif name == "ssl.endpoint.identification.algorithm":
            found[name] = value or "none"
        elif not _JAVA_ONLY.fullmatch(name):
            found[_RENAMED.get(name, name)] = value
    if not found.get("bootstrap.servers"):
        raise ConfigError("bootstrap.servers is missing: where is the cluster? (host:port, several with commas)")
    if "sasl.oauthbearer.token.endpoint.url" in found:
        found.setdefault("sasl.oauthbearer.method", "oidc")
    return found


def _pem(name: str, path: str, kind: str | None) -> str:
    """The path of a certificate file, which librdkafka wants as PEM."""
    suffix = PurePath(path).suffix.lower()
    if (kind or "PEM").upper() != "PEM" or suffix in (".jks", ".p12", ".pfx"):
        raise ConfigError(
            f"{name}: {path} is a Java store; make it PEM: "
            f"keytool -exportcert -rfc -keystore {path} -alias NAME > ca.pem, then give ca.pem"
        )
    return path


def _keystore(path: str, properties: Mapping[str, str]) -> dict[str, str]:
    kind, suffix = properties.get("ssl.keystore.type", "").upper(), PurePath(path).suffix.lower()
    if kind == "PKCS12" or suffix in (".p12", ".pfx"):
        return {"ssl.keystore.location": path}
    if kind == "JKS" or suffix == ".jks":
        raise ConfigError(
            f"ssl.keystore.location: {path} is a Java key store; make it PKCS12: keytool -importkeystore "
            f"-srckeystore {path} -destkeystore keys.p12 -deststoretype PKCS12, then give keys.p12"
        )
    return {"ssl.certificate.location": path, "ssl.key.location": path}


_OPTION = re.compile(r"""([\w.]+)\s*=\s*("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^\s;]+)""")
_JAAS: Mapping[str, Mapping[str, str]] = {
    "PlainLoginModule": {"username": "sasl.username", "password": "sasl.password"},
    "ScramLoginModule": {"username": "sasl.username", "password": "sasl.password"},
    "OAuthBearerLoginModule": {
        "clientId": "sasl.oauthbearer.client.id",
        "clientSecret": "sasl.oauthbearer.client.secret",
        "scope": "sasl.oauthbearer.scope",
    },
}


def _jaas(text: str) -> dict[str, str]:
    """What a JAAS configuration says, of the three login modules that librdkafka has something like."""
    module = re.match(r"\s*(?:[\w.]+\.)?(\w+)\s", text)
    known = _JAAS.get(module.group(1)) if module else None
    if known is None:
        raise ConfigError(
            "sasl.jaas.config: only PlainLoginModule, ScramLoginModule and OAuthBearerLoginModule are known; "
            "set sasl.username and sasl.password instead"
        )
    options = {name: _unquoted(value) for name, value in _OPTION.findall(text)}
    found = {known[name]: value for name, value in options.items() if name in known}
    if principal := options.get("unsecuredLoginStringClaim_sub"):
        found |= {
            "enable.sasl.oauthbearer.unsecure.jwt": "true",
            "sasl.oauthbearer.config": f"principal={principal}",
        }
    return found


def _unquoted(value: str) -> str:
    return re.sub(r"\\(.)", r"\1", value[1:-1]) if value[0] in "\"'" else value


def masked(properties: Mapping[str, str]) -> dict[str, str]:
    """The same to be shown: without what is secret."""
    return {name: MASK if SECRET.search(name) else value for name, value in properties.items()}


def cleaned(text: str, properties: Mapping[str, str]) -> str:
    """A text without the secrets among these properties, as a complaint of librdkafka's might quote one."""
    for name, value in properties.items():
        if SECRET.search(name) and value:
            text = text.replace(value, MASK)
    return text
