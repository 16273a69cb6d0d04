// node publish.mjs SESSION [--title TITLE] [--trace FILE]
// Publishes events from standard input, one JSON object a line, such as
//   {"type": "assistant_prose_delta", "text": "hello"}
//   {"type": "committed"}
// The end of the input ends the session.

import readline from "node:readline";
import { commandLine } from "./command.mjs";
import { Publisher } from "./publisher.mjs";

const { session, options, trace } = commandLine("node publish.mjs SESSION [--title TITLE] [--trace FILE]", "title");
const publisher = new Publisher(session, { title: options.title, agent: "publish.mjs", trace });
let number = 0;
try {
  for await (const line of readline.createInterface({ input: process.stdin })) {
    number += 1;
    let event = null;
    try {
      event = JSON.parse(line);
    } catch {
      // told below
    }
    if (typeof event?.type === "string") await publisher.publish(event);
    else console.error(`line ${number} is no event`);
  }
  await publisher.publish({ type: "session_changed", kind: "ended", outcome: "success" });
  await publisher.close();
} catch (error) {
  console.error(error.message);
  process.exit(1);
}
