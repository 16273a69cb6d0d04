"""The URL of an engine: what is wrong with it, its TLS, and how it is shown."""

from __future__ import annotations

import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

SCHEMES = ("redis", "rediss", "unix")


def check_url(url: str) -> str:
    """`url` as an engine's.

    Raises:
        ValueError: what is wrong with it, without what is secret in it.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        # What is wrong is not quoted: where a password has a `/` or `#`, its begin is the port.
        raise ValueError(
            "not the URL of an engine: its host or port is wrong; in a password `/`, `#`, `?`"
            " and `@` are written %2F, %23, %3F and %40"
        ) from None
    if parts.scheme not in SCHEMES or not (parts.path if parts.scheme == "unix" else parts.netloc):
        raise ValueError(
            "not the URL of an engine: redis://HOST:PORT, rediss://HOST:PORT (TLS) or unix:///PATH"
            " is needed, with `USER:PASSWORD@` before the host if it asks for them"
        )
    return url


MAX_SHOWN = 40
"""Characters of what is wrong that an error repeats."""
TLS_FILES = ("ssl_ca_certs", "ssl_certfile", "ssl_keyfile")
"""What a `rediss` URL may say of certificates, after its `?`."""


def tls_of(url: str) -> tuple[str, ssl.SSLContext | None]:
    """`url` without its certificates, and how its TLS is made: with the name of the host checked,
    which the client library would not do by itself.

    Raises:
        ValueError: it asks for less than that, or a file of certificates can't be used.
    """
    parts = urlsplit(url)
    asked = parse_qsl(parts.query)
    said = {key: value for key, value in asked if key != "db"}
    for key in said:
        if key not in TLS_FILES or parts.scheme != "rediss":
            raise ValueError(
                f"`{key[:MAX_SHOWN]}` is not for this URL; `db` is, and of rediss://"
                f" {', '.join(TLS_FILES)}"
            )
    if any(key == "db" and not (value.isascii() and value.isdigit()) for key, value in asked):
        raise ValueError("`db` in this URL must be a number")
    if parts.scheme != "rediss":
        return url, None
    if "ssl_keyfile" in said and "ssl_certfile" not in said:
        raise ValueError("`ssl_keyfile` needs the `ssl_certfile` that it is the key of")
    with _used(said, "ssl_ca_certs"):
        context = ssl.create_default_context(cafile=said.get("ssl_ca_certs"))
    if "ssl_certfile" in said:
        with _used(said, "ssl_certfile", "ssl_keyfile"):
            context.load_cert_chain(said["ssl_certfile"], said.get("ssl_keyfile"))
    rest = urlencode([each for each in asked if each[0] not in said])
    return urlunsplit(parts._replace(query=rest)), context


def shown_url(url: str) -> str:
    """`url` without what is secret in it."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if parts.port is not None:
        host += f":{parts.port}"
    return f"{parts.scheme}://{host}{parts.path}"


@contextmanager
def _used(said: Mapping[str, str], *names: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        files = ", ".join(f"{name}={said[name]}" for name in names if name in said)
        raise ValueError(f"`{files}` can't be used: {error.strerror or error}") from None
