// node watch.mjs SESSION [--cursor CURSOR] [--trace FILE]
// Prints a session's records, one JSON object a line, until the session is removed.

import { once } from "node:events";
import { commandLine, toJson } from "./command.mjs";
import { read } from "./reader.mjs";

const { session, options, trace } = commandLine("node watch.mjs SESSION [--cursor CURSOR] [--trace FILE]", "cursor");
process.stdout.on("error", () => process.exit(1)); // whoever read it is gone
try {
  for await (const record of read(session, { cursor: options.cursor, trace })) {
    if (!process.stdout.write(`${toJson(record)}\n`)) await once(process.stdout, "drain");
  }
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
