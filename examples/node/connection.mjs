// One connection to the daemon: frames over its socket, and the hello.

import fs from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { decode, encode } from "./msgpack.mjs";

const PROTOCOL = 1;
const MAX_FRAME = 8 * 1024 * 1024 + 64 * 1024;
const SILENCE = 5_000; // ms without a byte: then a ping, and after as many more it is lost

/** Where the daemon listens. */
export function socketPath() {
  const { LASHTUI_SOCKET: named, XDG_RUNTIME_DIR: runtime, TMPDIR: temporary } = process.env;
  if (named) return named;
  if (runtime) return path.join(runtime, "lashtui", "lashd.sock");
  return path.join(temporary || "/tmp", `lashtui-${os.userInfo().uid}`, "lashd.sock");
}

/** The daemon refuses what was asked; trying again is of no use unless `isTemporary`. */
export class Refused extends Error {
  constructor({ code, message, again = false }) {
    super(`${code}: ${message}`);
    this.code = code;
    this.isTemporary = again || code === "limit";
  }
}

/** The connection is lost, or there is none. */
export class Lost extends Error {}

/** How long to wait before each attempt to connect: any time up to 0.2 s, doubled up to 5 s. */
export class Backoff {
  #failures = 0;

  reset() {
    this.#failures = 0;
  }

  wait() {
    const most = Math.min(5_000, 200 * 2 ** Math.min(this.#failures++, 10));
    return sleep(Math.random() * most);
  }
}

export class Connection {
  /** Connect and exchange hellos. `trace` is called with each message that is sent or received. */
  static async open(where, trace = () => {}) {
    try {
      const { uid } = fs.statSync(where);
      if (uid !== os.userInfo().uid) throw new Lost(`${where} belongs to another user (uid ${uid})`);
    } catch (error) {
      if (error instanceof Lost) throw error;
      throw new Lost(`no daemon at ${where}`);
    }
    const socket = net.connect(where);
    const connection = new Connection(socket, trace);
    connection.send({ type: "hello", protocol: PROTOCOL, version: "example.mjs 1" });
    const hello = await connection.next();
    if (hello.protocol !== PROTOCOL) {
      connection.close();
      const advice = hello.protocol > PROTOCOL ? "upgrade this client" : "restart the daemon in a newer version";
      throw new Refused({
        code: "bad_version",
        message: `the daemon speaks protocol ${hello.protocol}, this client ${PROTOCOL}: ${advice}`,
      });
    }
    return connection;
  }

  constructor(socket, trace) {
    this.socket = socket;
    this.trace = trace;
    let pinged = false;
    this.records = recordsOf(socket, () => (pinged = false));
    socket.on("error", () => {}); // told by the end of `records`
    socket.setTimeout(SILENCE, () => {
      if (pinged) socket.destroy();
      else this.send({ type: "ping" });
      pinged = true;
    });
  }

  send(message) {
    this.trace({ sent: message });
    const body = encode(message);
    const head = Buffer.alloc(4);
    head.writeUInt32BE(body.length);
    if (this.socket.writable) this.socket.write(Buffer.concat([head, body]));
  }

  /** The next record but pongs. Throws `Refused` for an error, `Lost` when no more will come. */
  async next() {
    for (;;) {
      let result;
      try {
        result = await this.records.next();
      } catch (error) {
        this.close();
        throw new Lost(error.message);
      }
      if (result.done) {
        this.close();
        throw new Lost("the daemon has closed the connection");
      }
      const record = result.value;
      this.trace({ received: record });
      if (record.type === "error") throw new Refused(record);
      if (record.type !== "pong") return record;
    }
  }

  close() {
    this.socket.destroy();
  }
}

async function* recordsOf(socket, heard) {
  let parts = [];
  let size = 0;
  let needed = 4;
  for await (const data of socket) {
    heard();
    parts.push(data);
    size += data.length;
    if (size < needed) continue; // a large frame is put together once
    let bytes = Buffer.concat(parts);
    for (;;) {
      needed = bytes.length < 4 ? 4 : 4 + bytes.readUInt32BE(0);
      if (needed > 4 + MAX_FRAME) throw new Error("that is no daemon: its frame is too long");
      if (bytes.length < 4 || bytes.length < needed) break;
      yield decode(bytes.subarray(4, needed));
      bytes = bytes.subarray(needed);
    }
    parts = [bytes];
    size = bytes.length;
  }
}
