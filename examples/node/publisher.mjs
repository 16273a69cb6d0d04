// A session that is published: each event lands once, and a restarted daemon is given it whole.

import crypto from "node:crypto";
import { Backoff, Connection, Lost, Refused, socketPath } from "./connection.mjs";
import { Encoded, encode } from "./msgpack.mjs";
import { View } from "./view.mjs";

const MAX_KEPT = 2_000; // events that are not acknowledged; beyond it `publish` waits
const MAX_KEPT_BYTES = 4 * 1024 * 1024;
const MAX_BATCH = 1_024;
const MAX_BATCH_BYTES = 256 * 1024;

export class Publisher {
  #number = 0; // of the newest event
  #acknowledged = 0;
  #sent = 0; // the newest number that this connection was given
  #kept = new Map(); // by number what is not acknowledged: { event, bytes }
  #keptBytes = 0;
  #refused = new Set();
  #view; // of all that is acknowledged; null once the daemon has refused it
  #owesView = false; // the daemon has the session, without its past
  #ready = false; // events may be sent
  #unsure = false; // the first of this connection may be refused: until it is answered no more is sent
  #text = null; // the text that a delta goes on with
  #closing = false;
  #changed = new EventTarget();
  #connection = null;

  constructor(sessionId, { title = null, agent = null, directory = null, path = socketPath(), trace, warn } = {}) {
    this.open = { session_id: sessionId, publisher_id: crypto.randomBytes(16).toString("hex"), title, agent, directory };
    this.path = path;
    this.trace = trace;
    this.warn = warn ?? ((text) => console.error(text));
    this.#view = new View(this.open);
    this.isDone = false;
    /** Settles when the publisher is closed, or when the daemon has no use for it. */
    this.done = this.#run();
    this.done.catch(() => {}).finally(() => this.#tell());
  }

  /**
   * Publish an event: a bare activity, `{type: "user_message", text: "hello"}`, or another event,
   * `{type: "committed"}`. It is kept until it is acknowledged; waits while too many are.
   */
  async publish(event) {
    while (!this.isDone && this.#kept.size && (this.#kept.size >= MAX_KEPT || this.#keptBytes >= MAX_KEPT_BYTES))
      await this.#change();
    if (this.isDone) return this.done;
    const number = ++this.#number;
    const whole = this.#whole(event, number);
    const bytes = encode(whole);
    this.#kept.set(number, { event: whole, bytes });
    this.#keptBytes += bytes.length;
    this.#send();
  }

  /** Wait until all that was published is acknowledged. */
  async flush() {
    while (!this.isDone && this.#kept.size) await this.#change();
    if (this.isDone) await this.done;
  }

  /** Say goodbye. To end the session, publish that before. */
  async close() {
    this.#closing = true;
    this.#send();
    await this.done;
  }

  // -- events ---------------------------------------------------------------------------------------

  /** The event as it goes out: with its time and, if it is an activity, its ids. */
  #whole(event, number) {
    const { at = Date.now(), ...rest } = event;
    if (["committed", "queue_changed", "process_changed", "agent_frame_switched", "session_changed"].includes(rest.type)) {
      this.#text = null;
      return { ...rest, at };
    }
    const activity = rest.type === "turn_activity" ? rest.activity : rest;
    const id = activity.id ?? `${this.open.publisher_id.slice(0, 8)}-${number}`;
    const correlation_id = activity.correlation_id ?? this.#join(activity) ?? id;
    const isText = activity.type.endsWith("_delta");
    this.#text = isText ? { ...activity, correlation_id } : null;
    return { type: "turn_activity", at, activity: { ...activity, id, correlation_id } };
  }

  /** What an activity without a correlation id belongs to, if it is not on its own. */
  #join({ type, format, parent, call_id, graph_key }) {
    const text = this.#text;
    if (text && text.type === type && text.format === format && text.parent === parent) return text.correlation_id;
    return call_id ?? graph_key;
  }

  #acknowledge(last) {
    for (const [number, { event, bytes }] of this.#kept) {
      if (number > last) break;
      this.#kept.delete(number);
      this.#keptBytes -= bytes.length;
      if (!this.#refused.delete(number)) this.#view?.fold(event);
    }
    this.#acknowledged = Math.max(this.#acknowledged, last);
    this.#sent = Math.max(this.#sent, last);
    this.#tell();
  }

  /** Nobody knows whether what was sent has landed: none of it is sent again. */
  #giveUpSent() {
    let count = 0;
    for (const [number, { event, bytes }] of this.#kept) {
      if (number > this.#sent) break;
      this.#kept.delete(number);
      this.#keptBytes -= bytes.length;
      this.#view?.fold(event); // for a later restore: it was published
      count += 1;
    }
    this.#acknowledged = this.#sent;
    const lost = { type: "runtime_diagnostic", kind: "events_dropped", data: { count, lost: true } };
    if (count) this.publish(lost).catch(() => {});
  }

  // -- a connection ---------------------------------------------------------------------------------

  async #run() {
    const backoff = new Backoff();
    try {
      for (;;) {
        try {
          this.#connection = await Connection.open(this.path, this.trace);
          this.#connection.send({ type: "open", ...this.open });
          for (;;) {
            const record = await this.#next();
            if (record?.type === "closed") return;
            if (record?.type === "stopping") throw new Lost("the daemon has stopped");
            if (record) this.#received(record, backoff);
          }
        } catch (error) {
          if (!(error instanceof Lost || (error instanceof Refused && error.isTemporary))) throw error;
          this.trace?.({ lost: error.message });
        } finally {
          this.#ready = false;
          this.#connection?.close();
          this.#connection = null;
        }
        await backoff.wait();
      }
    } finally {
      this.isDone = true;
    }
  }

  async #next() {
    try {
      return await this.#connection.next();
    } catch (error) {
      if (!(error instanceof Refused && error.code === "invalid_view")) throw error;
      this.warn(`the daemon has refused the view: ${error.message}`);
      this.#view = null;
      this.#begin(); // nothing of that message was taken: what was in it goes out again, without a view
      return null;
    }
  }

  #received(record, backoff) {
    if (record.type === "opened") this.#opened(record.last);
    else if (record.type === "restored") {
      this.#owesView = record.taken === false;
      this.#begin();
    } else if (record.type === "ack") {
      backoff.reset();
      for (const { number, reason } of record.refused) {
        this.#refused.add(number);
        this.warn(`event ${number} was refused: ${reason}`);
      }
      this.#unsure = false;
      this.#acknowledge(record.last);
      this.#send();
    }
  }

  #opened(last) {
    if (last === null) this.#giveUpSent();
    else if (last >= this.#acknowledged) this.#acknowledge(last);
    else if (this.#view) {
      this.#connection.send({ type: "restore", view: this.#view.wire(), last: this.#acknowledged });
      return; // `restored` comes before anything else is sent
    }
    this.#begin();
  }

  /** The daemon has all that is acknowledged, as far as it will: send what comes after. */
  #begin() {
    this.#ready = true;
    this.#sent = this.#acknowledged;
    this.#unsure = false;
    if (this.#kept.size) this.#sendBatch();
    else this.#connection.send({ type: "append", first: this.#sent + 1, events: [] });
    this.#unsure = true;
  }

  #send() {
    if (!this.#ready || this.#unsure) return;
    while (this.#sent < this.#number) this.#sendBatch();
    if (this.#closing && !this.#kept.size) {
      this.#ready = false;
      this.#connection.send({ type: "close" });
    }
  }

  #sendBatch() {
    const batch = [];
    let size = 0;
    while (batch.length < MAX_BATCH && this.#sent + batch.length < this.#number) {
      const kept = this.#kept.get(this.#sent + batch.length + 1);
      size += kept.bytes.length;
      if (batch.length && size > MAX_BATCH_BYTES) break;
      batch.push(kept);
    }
    const message = { type: "append", first: this.#sent + 1, events: batch.map(({ bytes }) => new Encoded(bytes)) };
    if (this.#owesView && this.#view) {
      const present = this.#view.copy();
      for (const { event } of batch) present.fold(event);
      message.view = present.wire();
    }
    this.#owesView = false;
    this.#sent += batch.length;
    this.#connection.send(message);
  }

  #tell() {
    this.#changed.dispatchEvent(new Event("change"));
  }

  #change() {
    return new Promise((resolve) => this.#changed.addEventListener("change", resolve, { once: true }));
  }
}
