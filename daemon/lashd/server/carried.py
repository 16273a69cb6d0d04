"""`lashd --relay` and `lashd --mirror`: what the command line asks for, checked."""

from __future__ import annotations

import logging
import signal
from argparse import Namespace
from collections.abc import Callable
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

import anyio

if TYPE_CHECKING:
    from lashd.relay.home import RelayOptions
    from lashd.relay.mirror import MirrorOptions

log = logging.getLogger("lashd")

MAX_URL_BYTES = 4096


class WrongUsage(Exception):
    """What was asked for can't be done; the message says what to do instead."""


def relay_options(args: Namespace, socket_path: str, say: Callable[[str], None]) -> RelayOptions:
    """Those of `--relay`.

    Raises:
        WrongUsage: one of them is wrong.
    """
    common = _common(args, args.relay, "--relay")
    from lashd.relay.home import RelayOptions

    return RelayOptions(socket_path=socket_path, say=say, **common)


def mirror_options(args: Namespace, say: Callable[[str], None]) -> MirrorOptions:
    """Those of `--mirror`.

    Raises:
        WrongUsage: one of them is wrong.
    """
    common = _common(args, args.mirror, "--mirror")
    from lashd.relay.mirror import MirrorOptions

    return MirrorOptions(say=say, **common)


def run_relay(options: RelayOptions) -> int:
    """Relay until a signal; returns the exit code."""
    anyio.run(_relay, options, backend_options={"use_uvloop": find_spec("uvloop") is not None})
    return 0


async def _relay(options: RelayOptions) -> None:
    from lashd.relay.home import relay

    wanted = [signal.SIGTERM, signal.SIGINT]
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        wanted.append(signal.SIGHUP)  # as the daemon does
    with anyio.open_signal_receiver(*wanted) as signals:
        async with anyio.create_task_group() as group:
            group.start_soon(relay, options)
            async for number in signals:
                log.info("= %s: stopping", number.name)
                break
            group.cancel_scope.cancel()


def _common(args: Namespace, given: str, flag: str) -> dict[str, Any]:
    if find_spec("coredis") is None:
        raise WrongUsage(f"{flag} needs more than is installed: pip install 'lashtui[relay]'")
    if args.home is None:
        raise WrongUsage(f"{flag} needs --home NAME: what this home is called in the engine")
    from lashd.relay.keys import check_home
    from lashd.relay.seal import read_key
    from lashd.relay.url import check_url, tls_of

    try:
        url = check_url(_url(given))
        tls_of(url)  # now, because whoever uses it would try again for ever
        home = check_home(args.home)
        key = b"" if args.key_file is None else read_key(args.key_file)
    except ValueError as error:
        raise WrongUsage(str(error)) from None
    except OSError as error:
        raise WrongUsage(f"can't read {error.filename}: {error.strerror}") from None
    return {"url": url, "home": home, "key": key}


def _url(given: str) -> str:
    """What was given, or what the file after `@` has: everybody sees a command line."""
    if not given.startswith("@"):
        return given
    from lashd.relay.secret import read_secret

    try:
        return read_secret(given[1:], MAX_URL_BYTES).decode()
    except UnicodeDecodeError:
        raise ValueError(f"{given[1:]} must have the URL of an engine as UTF-8") from None
