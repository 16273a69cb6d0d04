// A session as a stream that goes on over lost connections and restarts of the daemon.

import { Backoff, Connection, Lost, Refused, socketPath } from "./connection.mjs";

const NO_POSITION = new Set(["attached", "gap", "end"]);

/**
 * The records of a session, for as long as it exists: `attached` (again after each reconnect), a
 * `gap` where events are missing, followed by an `observation` with the whole session, events,
 * `synced`, and `end`. Begins after `cursor`, else with all that can be replayed.
 *
 * Keep `cursor` of what was handed out (see `positionOf`): a reader that is given it later goes on
 * there.
 */
export async function* read(sessionId, { path = socketPath(), cursor = null, trace, signal } = {}) {
  const backoff = new Backoff();
  while (!signal?.aborted) {
    let connection;
    const stop = () => connection?.close();
    signal?.addEventListener("abort", stop);
    try {
      connection = await Connection.open(path, trace);
      const start = cursor === null ? { start: "start" } : { start: "cursor", cursor };
      connection.send({ type: "attach", session_id: sessionId, wait: true, ...start });
      for (;;) {
        const record = await connection.next();
        if (record.type === "synced") backoff.reset();
        cursor = positionOf(record) ?? cursor;
        yield record;
        if (record.type !== "end") continue;
        if (record.reason === "forgotten") return; // else the daemon stops: another may come
        throw new Lost("the daemon has stopped");
      }
    } catch (error) {
      if (!(error instanceof Lost || (error instanceof Refused && error.isTemporary))) throw error;
      trace?.({ lost: error.message });
    } finally {
      signal?.removeEventListener("abort", stop);
      connection?.close();
    }
    await backoff.wait();
  }
}

/** The cursor that is the reader's own once it has this record; null if it changes nothing. */
export function positionOf(record) {
  return NO_POSITION.has(record.type) ? null : (record.cursor ?? null);
}
