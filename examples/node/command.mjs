// What the two commands share: their arguments, and a trace of what goes over the wire.

import fs from "node:fs";
import { parseArgs } from "node:util";

/** The session's name, the options (all take a value), and the trace that `--trace FILE` asks for. */
export function commandLine(usage, ...names) {
  const options = Object.fromEntries(["trace", ...names].map((name) => [name, { type: "string" }]));
  let values;
  let positionals;
  try {
    ({ values, positionals } = parseArgs({ options, allowPositionals: true }));
  } catch (error) {
    console.error(error.message);
  }
  if (positionals?.length !== 1) {
    console.error(`usage: ${usage}`);
    process.exit(2);
  }
  const file = values.trace && fs.openSync(values.trace, "a", 0o600);
  const trace = file && ((what) => fs.writeSync(file, `${toJson(what)}\n`));
  return { session: positionals[0], options: values, trace };
}

/** One line of JSON; integers that a number doesn't hold become text. */
export function toJson(value) {
  return JSON.stringify(value, (_, item) => (typeof item === "bigint" ? String(item) : item));
}
