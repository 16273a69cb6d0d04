"""What the URL of an engine may say."""

from __future__ import annotations

from pathlib import Path

import pytest

from lashd.relay.url import check_url, shown_url, tls_of


def test_a_url_is_shown_without_its_secrets() -> None:
    """In logs, in `status`, in errors."""
    assert shown_url("redis://me:secret@hub:6379/3?x=y") == "redis://hub:6379/3"
    assert shown_url("unix://:secret@/run/redis.s") == "unix:///run/redis.s"
    for url in ("redis://hub", "rediss://me:secret@hub:6379", "unix:///run/redis.s"):
        assert check_url(url) == url


@pytest.mark.parametrize("url", ["redis://me:pass#word@hub", "redis://:pass/word@hub:6379"])
def test_what_is_wrong_with_a_url_is_said_without_its_secrets(url: str) -> None:
    """Not even the part of a password that stands where the port would."""
    with pytest.raises(ValueError, match="%23") as caught:
        check_url(url)
    assert "pass#" not in str(caught.value)
    assert "'pass'" not in str(caught.value)


def test_less_than_whole_tls_is_refused() -> None:
    """No URL turns off that the host is who it says."""
    for url in ("rediss://hub?ssl_cert_reqs=none", "redis://hub?ssl_ca_certs=/ca"):
        with pytest.raises(ValueError, match="is not for this URL"):
            tls_of(url)
    url, context = tls_of("rediss://hub:1?db=2")
    assert url == "rediss://hub:1?db=2"
    assert context is not None
    assert context.check_hostname


def test_what_a_url_says_beside_is_known_or_refused(tmp_path: Path) -> None:
    """At once: whoever connects with it would try again for ever."""
    certificate = tmp_path / "ca.pem"
    certificate.write_text("none")
    for options, wrong in (
        ("foo=1", "`foo` is not for this URL"),
        ("db=x", "`db` in this URL must be a number"),
        (f"ssl_ca_certs={tmp_path}/none.pem", "none.pem` can't be used: No such file"),
        (f"ssl_ca_certs={certificate}", "ca.pem` can't be used"),
        (f"ssl_certfile={certificate}", "ca.pem` can't be used"),
        (f"ssl_keyfile={certificate}", "needs the `ssl_certfile`"),
    ):
        with pytest.raises(ValueError, match=wrong):
            tls_of(f"rediss://me:secret@hub?{options}")
