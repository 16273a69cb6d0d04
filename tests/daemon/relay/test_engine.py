"""An engine's URL, and TLS by it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import anyio
import pytest

from lashd.relay.engine import EngineFailed, engine_at
from lashd.relay.failures import sentence_of
from lashd.relay.keys import Keys
from tests.daemon.relay.world import RedisServer, free_port, needs_redis

needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None and "LASHTUI_REQUIRE_REDIS" not in os.environ,
    reason="openssl is not installed",
)


def reached(url: str) -> str:
    """What is wrong with it; empty if it answers."""

    async def ask() -> str:
        wrong = ""
        try:
            async with engine_at(url, Keys("box")) as engine:
                await engine.home()
        except* EngineFailed as failures:
            wrong = sentence_of(failures)
        return wrong

    return anyio.run(ask)


@needs_redis
def test_a_read_brings_so_much_and_no_more(
    private_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first streams come first; what is left comes the next time."""
    monkeypatch.setattr("lashd.relay.engine.READ_BYTES", 1500)
    server = RedisServer(private_dir / "redis")
    server.start()

    async def read() -> list[list[tuple[str, int]]]:
        after, turns = dict.fromkeys("abc", "0-0"), []
        async with engine_at(server.url, Keys("box"), reads=True) as engine:
            for _ in range(3):
                found = await engine.read(after, 1)
                turns.append([(key, len(entries)) for key, entries in found.items()])
                after.update({key: entries[-1][0].decode() for key, entries in found.items()})
        return turns

    try:
        for key in "abc":
            server.say("XADD", key, "1-0", "f", "x" * 800, "s", "y")
        server.say("XADD", "a", "2-0", "f", "x" * 800)
        assert anyio.run(read) == [[("a", 2)], [("b", 1), ("c", 1)], []]
    finally:
        server.kill()


@needs_redis
@needs_openssl
def test_tls_is_with_the_host_that_is_named(private_dir: Path) -> None:
    """Its certificate must be of somebody trusted, and its own."""
    cert, key, port = private_dir / "cert.pem", private_dir / "key.pem", free_port()
    argv = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]
    argv += ["-keyout", str(key), "-out", str(cert), "-subj", "/CN=localhost"]
    argv += ["-addext", "subjectAltName=DNS:localhost"]
    subprocess.run(argv, check=True, capture_output=True)
    options = ["--tls-port", str(port), "--tls-cert-file", str(cert), "--tls-key-file", str(key)]
    options += ["--tls-ca-cert-file", str(cert), "--tls-auth-clients", "no"]
    server = RedisServer(private_dir / "redis", *options, "--bind", "127.0.0.1")
    server.start()
    try:
        assert reached(f"rediss://localhost:{port}?ssl_ca_certs={cert}") == ""
        assert "localhost" in reached(f"rediss://localhost:{port}")
        assert "127.0.0.1" in reached(f"rediss://127.0.0.1:{port}?ssl_ca_certs={cert}")
    finally:
        server.kill()
