"""The steps of the engine, in a real one."""

from __future__ import annotations

from pathlib import Path

import anyio

from lashd.clock import now_ms
from lashd.relay.engine import engine_at
from lashd.relay.keys import Keys
from tests.daemon.relay.world import HOME, RedisServer, needs_redis

pytestmark = needs_redis


def test_a_sign_in_the_future_keeps_others_out_no_longer_than_another(private_dir: Path) -> None:
    """Whose relay is at work gives the next one; whose is not, has given its last."""
    server = RedisServer(private_dir / "redis")
    server.start()

    async def claim() -> list[bool]:
        taken = []
        async with engine_at(server.url, Keys(HOME)) as engine:

            async def ask(incarnation: int, counts_ms: int) -> None:
                token = str(incarnation)
                said, *_ = await engine.claim(token, incarnation, "1", b"", counts_ms)
                taken.append(said)

            await ask(1, 10_000)
            server.say("HSET", Keys(HOME).meta, "beat", str(now_ms() + 3_600_000))
            await ask(2, 10_000)
            await ask(1, 10_000)
            server.say("HSET", Keys(HOME).meta, "beat", str(now_ms() + 3_600_000))
            await ask(2, 10_000)
            await ask(2, 0)
        return taken

    try:
        assert anyio.run(claim) == [True, False, True, False, True]
    finally:
        server.kill()
