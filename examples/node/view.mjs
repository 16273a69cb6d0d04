// A session as its events make it: the `read_view` that its publisher restores it with.

const MAX_ENTRIES = 16_384;
const MAX_CHARS = 1024 * 1024; // of all texts and values: at most 4 MiB, however they are encoded
const ENTRY_CHARS = 64;
const WORDS = new Set([
  "assistant_prose_delta", "reasoning_delta", "tool_call_started", "tool_call_completed",
  "code_block_started", "code_block_completed", "submitted_value", "tool_value",
]);

export class View {
  #entries = []; // in order, with `chars`, what each counts
  #ids = new Set();
  #chars = 0;
  #open = null; // the entry that text was written to last
  #question = null;
  #running = new Map(); // calls by their key
  #names = 0;

  constructor({ session_id, title = null, agent = null, directory = null, revision = 0 }) {
    this.fields = {
      session_id, title, agent, directory, revision,
      turn_index: 0, state: "idle", waiting_for: null, outcome: null, exit_code: null,
      complete: true, model: null, frame_id: null, plan: null, started_at: null, updated_at: null,
      dropped_entries: 0,
    };
    this.turn = { error: false, pending: [], closed: false };
    this.queue = new Map();
    this.processes = new Map();
    this.usage = {};
  }

  copy() {
    const { entries, ids, open, question, running, ...rest } = structuredClone({
      entries: this.#entries, ids: this.#ids, open: this.#open, question: this.#question, running: this.#running,
      fields: this.fields, turn: this.turn, queue: this.queue, processes: this.processes, usage: this.usage,
    });
    const copy = Object.assign(new View({}), rest);
    copy.#entries = entries;
    copy.#ids = ids;
    copy.#open = open;
    copy.#question = question;
    copy.#running = running;
    copy.#chars = this.#chars;
    copy.#names = this.#names;
    return copy;
  }

  /** As it goes over the wire. What it holds must not be changed. */
  wire() {
    return {
      ...this.fields,
      turn: this.turn,
      entries: this.#entries.map(({ entry }) => entry),
      queue: [...this.queue.values()],
      processes: [...this.processes.values()],
      usage: this.usage,
    };
  }

  /** Fold one event, as it was sent. */
  fold(event) {
    const at = event.at ?? null;
    if (at !== null) this.fields.updated_at = at;
    if (event.type === "turn_activity") this.#activity(event.activity, at);
    else if (event.type === "committed") this.#commit(at);
    else if (event.type === "queue_changed") this.#queueChanged(event, at);
    else if (event.type === "process_changed") this.#processChanged(event, at);
    else if (event.type === "agent_frame_switched") {
      this.fields.frame_id = event.frame_id;
      this.#add({ kind: "frame", id: "frame", name: event.frame_id }, at);
    } else if (event.type === "session_changed") this.#sessionChanged(event, at);
    this.#bound();
  }

  // -- a turn ---------------------------------------------------------------------------------------

  #activity(activity, at) {
    const { type, parent = null } = activity;
    const key = activity.correlation_id || activity.id;
    const moment = (kind, fields) => this.#add({ kind, id: key, parent, ...fields }, at);
    if (this.fields.state === "idle" || this.fields.state === "ended")
      Object.assign(this.fields, { state: "running", started_at: at, outcome: null, exit_code: null });
    this.#mindOutcome(activity, key, parent);
    switch (type) {
      case "user_message": return moment("user", { text: activity.text });
      case "error": return moment("error", { text: activity.message });
      case "assistant_prose_delta": return this.#write("prose", key, parent, activity, at);
      case "reasoning_delta": return this.#write("reasoning", key, parent, activity, at);
      case "model_attempt_reset": return this.#withdraw(new Set(activity.correlation_ids ?? []));
      case "tool_call_started": {
        const running = this.#running.get(activity.call_id || key);
        if (running?.kind !== "tool") {
          const { name, args = null } = activity;
          return this.#start({ kind: "tool", id: activity.call_id || key, parent, name, args }, at);
        }
        running.name = activity.name || running.name;
        running.args = activity.args ?? running.args;
        return this.#weigh(running);
      }
      case "code_block_started":
        return this.#start(
          { kind: "code", id: activity.graph_key || key, parent, text: activity.code ?? "", name: activity.language || null },
          at,
        );
      case "tool_call_completed": {
        const status = activity.output?.outcome?.status;
        return this.#complete("tool", activity.call_id || key, parent, activity, at, {
          name: activity.name,
          ...(activity.args == null ? {} : { args: activity.args }),
          output: activity.output ?? null,
          state: status === "failure" || status === "cancelled" ? status : "success",
        });
      }
      case "code_block_completed":
        return this.#complete("code", activity.graph_key || key, parent, activity, at, {
          name: activity.language,
          output: { output: activity.output ?? null, error: activity.error ?? null },
          state: activity.success === false ? "failure" : "success",
        });
      case "submitted_value": return moment("value", { output: activity.value });
      case "tool_value": return moment("value", { name: activity.tool_name, output: activity.value });
      case "retry_status": {
        const { wait_seconds = 0, attempt = 0, max_attempts = null, reason = "" } = activity;
        return moment("retry", { text: reason, output: { wait_seconds, attempt, max_attempts } });
      }
      case "runtime_diagnostic": {
        if (activity.kind === "plan") {
          const items = Array.isArray(activity.data) ? activity.data : activity.data?.items;
          this.fields.plan = Array.isArray(items) && items.length ? items : null;
          return;
        }
        if (activity.kind === "events_dropped" && activity.data?.lost) this.fields.complete = false;
        return moment("diagnostic", { name: activity.kind, output: activity.data ?? null });
      }
      case "waiting": return this.#wait(key, parent, activity.what ?? "", at);
      case "resumed":
        this.#endQuestion(at);
        return Object.assign(this.fields, { state: "running", waiting_for: null });
      case "usage": return this.#use(activity, parent);
      case "child_usage": return this.#sum("child", activity.usage ?? {});
      case "queued_work_started":
      case "model_request_started": return;
      default: {
        const { type: name, id: _, correlation_id: __, parent: ___, ...output } = activity;
        return moment("diagnostic", { name, output });
      }
    }
  }

  /** Whether the turn has failed: an error of the agent's own, and no word of its own after it. */
  #mindOutcome(activity, key, parent) {
    const turn = this.turn;
    if (activity.type === "model_attempt_reset")
      turn.pending = turn.pending.filter((each) => !(activity.correlation_ids ?? []).includes(each));
    else if (parent) return;
    else if (activity.type === "error") this.turn = { error: true, pending: [], closed: false };
    else if (WORDS.has(activity.type)) {
      if (turn.closed) Object.assign(turn, { error: false, closed: false });
      if (!turn.error) return;
      if (!activity.type.endsWith("_delta")) Object.assign(turn, { error: false, pending: [] });
      else if (!turn.pending.includes(key)) turn.pending.push(key);
    }
  }

  #closeTurn() {
    const { error, pending, closed } = this.turn;
    const failed = error && !pending.length && !closed;
    this.turn = { error: failed, pending: [], closed: true };
    return failed;
  }

  #commit(at) {
    const { fields } = this;
    const outcome = this.#closeTurn() ? "failure" : "success";
    this.#settle(at);
    fields.revision += 1;
    fields.turn_index += 1;
    Object.assign(fields, { state: "idle", waiting_for: null, outcome });
    const { revision, turn_index } = fields;
    const duration = at === null || fields.started_at === null ? null : Math.max(0, at - fields.started_at);
    this.#add(
      {
        kind: "commit", id: `commit-${turn_index}`, settled: true, state: outcome,
        output: { revision, turn_index }, duration_ms: duration,
      },
      at,
    );
  }

  #use({ usage = {}, cumulative = null, context = null }, parent) {
    const counted = Object.keys(usage).length > 0;
    if (counted || cumulative || !context) {
      if (!counted && cumulative) this.usage.total = { ...cumulative };
      else {
        this.#sum("total", usage);
        this.usage.last = { ...usage };
      }
    }
    if (parent || !context) return;
    const known = Object.entries(context).filter(([name, value]) => ["used", "size"].includes(name) && value >= 0);
    this.usage.context = { ...this.usage.context, ...Object.fromEntries(known) };
  }

  #sum(part, usage) {
    const total = (this.usage[part] = { ...this.usage[part] });
    for (const [name, value] of Object.entries(usage))
      if (typeof value === "number") total[name] = (total[name] ?? 0) + value;
  }

  // -- entries --------------------------------------------------------------------------------------

  #add(entry, at, { open = false } = {}) {
    this.#close(at);
    const key = entry.id;
    while (this.#ids.has(entry.id)) entry.id = `${key}#${++this.#names}`;
    if (entry.id !== key) entry.correlation_id = key;
    this.#ids.add(entry.id);
    Object.assign(entry, { position: 0, started_at: at, ended_at: open ? null : at, settled: entry.settled ?? false });
    this.#entries.push({ entry, chars: 0 });
    this.#weigh(entry);
    return entry;
  }

  /** The newest unsettled entry that events call by this key. */
  #call(kind, key) {
    for (let i = this.#entries.length - 1; i >= 0 && !this.#entries[i].entry.settled; i--) {
      const { entry } = this.#entries[i];
      if (entry.kind === kind && keyOf(entry) === key) return entry;
    }
    return null;
  }

  #start(entry, at) {
    const key = entry.id;
    const before = this.#running.get(key);
    if (before) before.state = "cancelled"; // its end could not be told from this one's
    this.#running.set(key, this.#add({ ...entry, state: "running" }, at, { open: true }));
  }

  #complete(kind, id, parent, { duration_ms = null }, at, fields) {
    let entry = this.#running.get(id);
    if (entry?.kind === kind) this.#running.delete(id);
    else entry = this.#call(kind, id);
    if (!entry) {
      entry = this.#add({ kind, id, parent }, at);
      entry.started_at = null;
    }
    const { name, ...rest } = fields;
    entry.name ||= name || null;
    const began = entry.started_at;
    const duration = duration_ms ?? (at === null || began === null ? null : Math.max(0, at - began));
    Object.assign(entry, rest, { ended_at: at, duration_ms: duration });
    this.#weigh(entry);
  }

  #write(kind, key, parent, { text, format = null }, at) {
    let entry = this.#call(kind, key);
    if (entry && (entry.format ?? null) === format) {
      if (entry !== this.#open) this.#close(at);
      entry.text += text;
      entry.ended_at = null;
    } else {
      entry = this.#add({ kind, id: key, parent, text, ...(format && { format }) }, at, { open: true });
    }
    this.#open = entry;
    this.#weigh(entry);
  }

  #close(at) {
    if (this.#open) this.#open.ended_at = at ?? this.#open.started_at ?? 0;
    this.#open = null;
  }

  #wait(key, parent, what, at) {
    if (this.#question?.text !== what) {
      this.#endQuestion(at);
      const question = { kind: "diagnostic", id: key, parent, name: "waiting", text: what, format: "plain" };
      this.#question = this.#add(question, at, { open: true });
    }
    Object.assign(this.fields, { state: "waiting", waiting_for: what });
  }

  #endQuestion(at) {
    if (this.#question) this.#question.ended_at = at ?? this.#question.started_at ?? 0;
    this.#question = null;
  }

  #settle(at) {
    this.#close(at);
    this.#endQuestion(at);
    for (let i = this.#entries.length - 1; i >= 0 && !this.#entries[i].entry.settled; i--)
      this.#entries[i].entry.settled = true;
  }

  #withdraw(keys) {
    const goes = ({ kind, settled, correlation_id, id }) =>
      !settled && (kind === "prose" || kind === "reasoning") && keys.has(correlation_id ?? id);
    const first = new Map(); // by parent, the place of the first that goes
    this.#entries.forEach(({ entry }, place) => {
      if (goes(entry) && !first.has(entry.parent)) first.set(entry.parent, place);
    });
    for (const [parent, place] of first) {
      const retry = this.#entries.findLast(
        ({ entry }, at) => at > place && entry.kind === "retry" && entry.parent === parent && !entry.settled,
      );
      if (retry) retry.entry.output = { ...retry.entry.output, withdrawn: true };
    }
    this.#entries = this.#entries.filter(({ entry, chars }) => {
      if (!goes(entry)) return true;
      this.#chars -= chars;
      this.#ids.delete(entry.id);
      if (entry === this.#open) this.#open = null;
      return false;
    });
  }

  /** Count anew what an entry holds. */
  #weigh(entry) {
    const counted = this.#entries.findLast((each) => each.entry === entry);
    const values = [entry.args, entry.output].map((value) => (value == null ? 0 : JSON.stringify(value, big).length));
    const chars = ENTRY_CHARS + (entry.text?.length ?? 0) + values[0] + values[1];
    this.#chars += chars - counted.chars;
    counted.chars = chars;
  }

  #bound() {
    let drop = 0;
    while (this.#entries.length - drop > 1 && (this.#entries.length - drop > MAX_ENTRIES || this.#chars > MAX_CHARS))
      this.#chars -= this.#entries[drop++].chars;
    if (!drop) return;
    for (const { entry } of this.#entries.splice(0, drop)) {
      this.#ids.delete(entry.id);
      if (this.#running.get(keyOf(entry)) === entry) this.#running.delete(keyOf(entry));
    }
    this.fields.dropped_entries += drop;
    this.fields.complete = false;
  }

  // -- beside the transcript ------------------------------------------------------------------------

  #queueChanged({ kind, batch_ids, batches = {} }, at) {
    for (const batch_id of batch_ids) {
      if (kind !== "enqueued") this.queue.delete(batch_id);
      else {
        const known = this.queue.get(batch_id) ?? { batch_id, text: null, delivery: null, enqueued_at: at };
        const { text, delivery } = batches[batch_id] ?? {};
        this.queue.set(batch_id, { ...known, text: text || known.text, delivery: delivery || known.delivery });
      }
    }
  }

  #processChanged({ kind, process_ids, processes = {} }, at) {
    for (const process_id of process_ids) {
      const { label, tool_call_id, exit_code = null, signal = null, output = null } = processes[process_id] ?? {};
      let process = this.processes.get(process_id);
      if (process && process.state !== "running") {
        if (kind !== "started") continue;
        this.processes.delete(process_id); // the same name again: a new one
        process = undefined;
      }
      process ??= { process_id, state: "running", started_at: kind === "started" ? at : null };
      process.label = label || (process.label ?? null);
      process.tool_call_id = tool_call_id || (process.tool_call_id ?? null);
      if (kind !== "started") {
        const ended = exit_code || signal !== null ? "failed" : "exited";
        const state = kind === "cancelled" ? "cancelled" : ended;
        Object.assign(process, { state, exit_code, signal: signal && String(signal), output, ended_at: at });
      }
      this.processes.set(process_id, process);
    }
  }

  #sessionChanged(event, at) {
    const { fields } = this;
    if (event.kind === "opened") {
      if (fields.state === "ended") Object.assign(fields, { state: "idle", outcome: null, exit_code: null });
      if (event.model && fields.model && event.model !== fields.model) delete this.usage.context?.size;
      for (const name of ["title", "agent", "directory", "model"]) fields[name] = event[name] || fields[name];
      return;
    }
    this.#closeTurn();
    this.#settle(at);
    for (const entry of this.#running.values()) {
      const duration = at === null || entry.started_at === null ? null : Math.max(0, at - entry.started_at);
      Object.assign(entry, { state: "cancelled", ended_at: at, duration_ms: duration });
    }
    this.#running.clear();
    for (const process of this.processes.values())
      if (process.state === "running") Object.assign(process, { state: "cancelled", ended_at: at });
    const { outcome = null, exit_code = null } = event;
    Object.assign(fields, { state: "ended", waiting_for: null, outcome, exit_code });
  }
}

/** What events call an entry. */
function keyOf(entry) {
  return entry.correlation_id ?? entry.id;
}

function big(_, value) {
  return typeof value === "bigint" ? String(value) : value;
}
