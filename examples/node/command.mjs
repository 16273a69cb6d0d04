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

const UNSEEN = /[\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/**
 * One line of JSON, with nothing in it that does something to a terminal; integers that a number
 * doesn't hold become text.
 */
export function toJson(value) {
  const text = JSON.stringify(value, (_, item) => (typeof item === "bigint" ? String(item) : item));
  return text.replace(UNSEEN, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
