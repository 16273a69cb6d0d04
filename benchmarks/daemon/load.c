// Load generator for lashd and its peers: one thread, one epoll, all publishers and readers.
//
//   load key=value ...
//     proto    lash | redis | nats     lash is daemon/PROTOCOL.md, version 1
//     addr     path of a Unix socket, or a TCP port on loopback
//     pid      the server's process: its CPU time is what is measured
//     mode     thr    as fast as the window allows
//              pace   `rate` events a second in all, one for each tick of a timer; latencies
//              storm  `readers` connect at once and take `events` missed ones each, `rounds` times
//     sessions 1      publishers, each with a session of its own
//     readers  0      readers of each session (nats: at least one, as nothing else says "done")
//     events          events in all, spread over the sessions in turn
//     batch    1      events written at once
//     many     0      lash only: one append carries the batch (else so many appends)
//     window   100    events of a session not acknowledged, or not with each of its readers
//     rate     1000
//     rounds   4
//     name     s      names of the sessions begin so
//     corpus          a file of events to publish in order (each: a 4-byte length, a msgpack map)
//     first    0      so many events of the corpus are published before the measurement begins
//     settle   100    milliseconds of silence before what is measured
//     list     0      1: lash's sessions are listed before and at the end of what is measured, so
//                     that work which may wait until someone looks is counted where it belongs
//     keep     0      1: leave the sessions on the server at the end, else remove them
//
// Without a corpus the events are prose deltas of 24 characters, a new message each 83. The text is
// "~~", 14 hex digits of the clock and 8 of the event's number: found by its mark wherever the
// server puts it. A number out of order, a gap or a missing stamp makes the run void.
//
// One line of JSON on stdout. `load_util` is the part of one core that this program used: near 1 it
// was the bottleneck, and latencies are its own. `late_ticks` are ticks of the timer it missed.
#define _GNU_SOURCE
#include <signal.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/timerfd.h>

#include "base.h"

enum { LASH, REDIS, NATS };
enum { PUBLISHER, READER, STORMER };
enum { STAMP = 24, MESSAGE = 83, OLDER = 512 };  // OLDER: events before a storm's
static const char *NAMES[] = {"lash", "redis", "nats"};

typedef struct {
  int fd, role, waits_for_write;
  Buffer in, out;
  long sent, acked, got, left;    // left: entries of a Redis reply still to come
  long opened, synced, closed, removed, listed;
  long base;                      // events acknowledged before the measurement
  uint32_t next, expected;        // lash: number of the next event; stamp that must come next
  char session[64], cursor[400];  // cursor: lash's, or Redis's id, of the newest event
} Conn;

static int proto, sessions = 1, readers = 0, batch = 1, many = 0, rounds = 4, keep = 0, settle = 100, list = 0;
static long events = 1000, window_ = 100, first = 0, rate = 1000;
static const char *addr = "", *mode = "thr", *name = "s", *corpus = 0;
static pid_t pid = 0;
static clockid_t server_clock;
static int poller;
static Conn *pubs, *subs;
static long acked_all, got_all;
static int timed;  // note latencies
static uint32_t *latencies;
static long n_latencies, max_latencies;
static char before_storm[400];  // the cursor from which a storm's readers resume

// -- sockets ---------------------------------------------------------------------------
static void write_some(Conn *c) {
  while (c->out.done < c->out.n) {
    ssize_t k = write(c->fd, c->out.at + c->out.done, c->out.n - c->out.done);
    if (k < 0 && errno == EAGAIN) return;
    if (k < 0) die("write");
    c->out.done += k;
  }
  c->out.n = c->out.done = 0;
}
static void write_all(Conn *c) {
  for (write_some(c); c->out.n; write_some(c)) wait_for(c->fd, POLLOUT);
}
static int read_some(Conn *c) {
  room(&c->in, 262144);
  ssize_t k = read(c->fd, c->in.at + c->in.n, c->in.cap - c->in.n);
  if (k < 0 && (errno == EAGAIN || errno == EINTR)) return 0;
  if (k < 0) die("read");
  if (!k) fail("the server closed a connection");
  c->in.n += k;
  return 1;
}
static void parse(Conn *c);
static void until(Conn *c, const long *what, long at_least) {
  write_all(c);
  while (*what < at_least) {
    wait_for(c->fd, POLLIN);
    if (read_some(c)) parse(c);
  }
}
static void watch(Conn *c, int change) {
  struct epoll_event e = {.events = EPOLLIN | (c->waits_for_write ? EPOLLOUT : 0), .data.ptr = c};
  if (epoll_ctl(poller, change ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd, &e)) die("epoll");
}

// -- what is published -----------------------------------------------------------------------------
static char *corpus_at;
static size_t *corpus_starts;
static long corpus_n;
static Buffer as_sent, as_read;  // an event as a publisher of lash sends it; as a reader gets it
static size_t id_sent, id_read;  // where its id begins; the rest lies at fixed distances

static void hex(char *p, uint64_t v, int digits) {
  for (p += digits; digits--; v >>= 4) *--p = "0123456789abcdef"[v & 15];
}
static size_t activity(Buffer *b) {
  string(b, "type"), string(b, "turn_activity"), string(b, "activity"), byte(b, 0x84);
  string(b, "id");
  size_t at = b->n + 2;
  string(b, "e00000000"), string(b, "correlation_id"), string(b, "m000000");
  string(b, "type"), string(b, "assistant_prose_delta");
  string(b, "text"), string(b, "~~0000000000000000000000");
  return at;
}
static void templates(void) {
  char cursor[200];
  byte(&as_sent, 0x83), string(&as_sent, "at"), number(&as_sent, 0xcf, 0, 8);
  id_sent = activity(&as_sent);
  snprintf(cursor, sizeof cursor, "lashsc1:3:1513213872842997763:%s00000", name);
  byte(&as_read, 0x86), string(&as_read, "session_id"), string(&as_read, strrchr(cursor, ':') + 1);
  string(&as_read, "revision"), byte(&as_read, 3), string(&as_read, "cursor");
  string(&as_read, cursor), string(&as_read, "at"), number(&as_read, 0xcf, 0, 8);
  id_read = activity(&as_read);
}
static void prose(Buffer *b, const Buffer *form, size_t id, int64_t ns, int64_t ms, long seq) {
  size_t begin = b->n, before = strlen("type") + 1 + strlen("turn_activity") + 1;
  bytes(b, form->at, form->n);
  char *p = b->at + begin, *at = p + id - (before + 1 + strlen("activity") + 1 + 3 + 2) - 8;
  for (int i = 0; i < 8; i++) at[i] = (char)((uint64_t)ms >> (8 * (7 - i)));
  hex(p + id, (uint64_t)seq, 8);
  hex(p + id + 8 + 1 + strlen("correlation_id") + 2, (uint64_t)(seq / MESSAGE), 6);
  char *stamp = b->at + b->n - STAMP;
  hex(stamp + 2, (uint64_t)ns, 14);
  hex(stamp + 16, (uint64_t)seq, 8);
}
static void event(Buffer *b, long seq, int64_t ns, int64_t ms) {
  if (corpus) {
    long n = (first + seq) % corpus_n;
    bytes(b, corpus_at + corpus_starts[n] + 4, corpus_starts[n + 1] - corpus_starts[n] - 4);
  } else if (proto == LASH) prose(b, &as_sent, id_sent, ns, ms, seq);
  else prose(b, &as_read, id_read, ns, ms, seq);
}
static size_t begin_frame(Buffer *b, int fields, const char *type) {
  size_t at = b->n;
  number(b, 0, 0, 4), byte(b, 0x80 | fields), string(b, "type"), string(b, type);
  return at;
}
static void end_frame(Buffer *b, size_t at) {
  uint32_t v = htonl((uint32_t)(b->n - at - 4));
  memcpy(b->at + at, &v, 4);
}
static void publish(Conn *c, long n) {  // into the output buffer
  struct timespec t;
  clock_gettime(CLOCK_REALTIME, &t);
  int64_t ns = now_ns(), ms = t.tv_sec * 1000LL + t.tv_nsec / 1000000;
  Buffer *b = &c->out;
  size_t frame = 0;
  for (long i = 0; i < n; i++, c->sent++) {
    if (proto == LASH) {
      if (!many || !i) {
        frame = begin_frame(b, 3, "append");
        string(b, "first"), number(b, 0xce, c->next, 4), string(b, "events");
        number(b, 0xdc, many ? (uint64_t)n : 1, 2);
      }
      c->next++;
      event(b, c->sent, ns, ms);
      if (!many || i == n - 1) end_frame(b, frame);
      continue;
    }
    static Buffer body;
    body.n = 0;
    event(&body, c->sent, ns, ms);
    if (proto == REDIS) {
      text(b, "*8\r\n$4\r\nXADD\r\n$%zu\r\n%s\r\n$6\r\nMAXLEN\r\n$1\r\n~\r\n$4\r\n2048\r\n", strlen(c->session), c->session);
      text(b, "$1\r\n*\r\n$1\r\ne\r\n$%zu\r\n", body.n);
    } else text(b, "PUB %s %zu\r\n", c->session, body.n);
    bytes(b, body.at, body.n);
    bytes(b, "\r\n", 2);
  }
}

// -- what comes ------------------------------------------------------------------------------------
static uint64_t unhex(const char *p, int digits) {
  uint64_t v = 0;
  for (; digits--; p++) {
    if ((*p < '0' || *p > '9') && (*p < 'a' || *p > 'f')) fail("a stamp that is no number");
    v = v << 4 | (uint64_t)(*p <= '9' ? *p - '0' : *p - 'a' + 10);
  }
  return v;
}
static void arrived(Conn *c, const char *p, size_t n, int64_t now) {
  static size_t usual;  // where the stamp was last
  c->got++, got_all++;
  if (corpus) return;
  const char *mark = usual + STAMP <= n && p[usual] == '~' && p[usual + 1] == '~' ? p + usual : memmem(p, n, "~~", 2);
  if (!mark || mark + STAMP > p + n) fail("an event without its stamp");
  usual = (size_t)(mark - p);
  if (unhex(mark + 16, 8) != c->expected) fail("events are missing, twice or out of order");
  c->expected++;
  int64_t took = now - (int64_t)unhex(mark + 2, 14);
  if (timed && n_latencies < max_latencies) latencies[n_latencies++] = took < UINT32_MAX ? (uint32_t)took : UINT32_MAX;
}
static int is(const char *s, size_t n, const char *word) { return n == strlen(word) && !memcmp(s, word, n); }
static void lash_record(Conn *c, const char *p, size_t n, int64_t now) {
  size_t k, l;
  const char *type = field(p, "type");
  if (!type) fail("a record without a type");
  const char *s = text_of(type, &k);
  if (is(s, k, "turn_activity")) { arrived(c, p, n, now); return; }
  if (is(s, k, "ack")) {
    long last = whole_number(field(p, "last")) - 1 - c->base;  // 1: it created the session
    acked_all += last - c->acked;
    c->acked = last;
    const char *cursor = text_of(field(p, "cursor"), &l), *refused = field(p, "refused");
    memcpy(c->cursor, cursor, l < sizeof c->cursor ? l : 0);
    c->cursor[l < sizeof c->cursor ? l : 0] = 0;
    if (refused && (uint8_t)*refused != 0x90) fail("events were refused");
  } else if (is(s, k, "opened")) c->opened = 1;
  else if (is(s, k, "synced")) c->synced = 1;
  else if (is(s, k, "closed")) c->closed = 1;
  else if (is(s, k, "removed")) c->removed = 1;
  else if (is(s, k, "sessions")) c->listed++;
  else if (is(s, k, "gap")) fail("a reader fell behind and got a gap");
  else if (is(s, k, "error")) {
    const char *m = text_of(field(p, "message"), &l);
    fprintf(stderr, "load: the daemon says: %.*s\n", (int)l, m);
    exit(1);
  } else if (is(s, k, "end") || is(s, k, "stopping")) fail("the daemon ended the stream");
  else if (is(s, k, "committed") || is(s, k, "queue_changed") || is(s, k, "process_changed") ||
           is(s, k, "session_changed") || is(s, k, "agent_frame_switched")) arrived(c, p, n, now);
}
static char *line(char *p, char *end, long *v) {  // of Redis: its number; what comes after it
  char *q = memchr(p, '\n', (size_t)(end - p));
  if (q) *v = strtol(p + 1, 0, 10);
  return q ? q + 1 : 0;
}
static char *bulk(char *p, char *end, char **s, long *n) {
  p = line(p, end, n);
  if (!p || end - p < *n + 2) return 0;
  *s = p;
  return p + *n + 2;
}
static void xread(Conn *c, int block) {
  text(&c->out, block ? "*6\r\n$5\r\nXREAD\r\n$5\r\nBLOCK\r\n$6\r\n600000\r\n" : "*4\r\n$5\r\nXREAD\r\n");
  text(&c->out, "$7\r\nSTREAMS\r\n$%zu\r\n%s\r\n$%zu\r\n%s\r\n", strlen(c->session), c->session, strlen(c->cursor), c->cursor);
  write_all(c);
}
static char *redis_reply(Conn *c, char *p, char *end, int64_t now) {
  char *id, *s, *q = p;
  long v, n, l;
  if (c->left) {  // an entry: *2 $id *2 $field $value
    if (!(q = line(q, end, &v)) || !(q = bulk(q, end, &id, &n)) || !(q = line(q, end, &v))) return 0;
    if (!(q = bulk(q, end, &s, &l)) || !(q = bulk(q, end, &s, &l))) return 0;
    arrived(c, s, (size_t)l, now);
    if (!--c->left) {
      memcpy(c->cursor, id, (size_t)n);
      c->cursor[n] = 0;
      if (c->role == READER) xread(c, 1);
    }
    return q;
  }
  if (*p == '-') { fprintf(stderr, "load: redis says: %.80s\n", p); exit(1); }
  if (*p == '$') {  // the id that XADD gave
    if (!(q = bulk(q, end, &id, &n))) return 0;
    memcpy(c->cursor, id, (size_t)n);
    c->cursor[n] = 0;
    if (++c->acked == OLDER) strcpy(before_storm, c->cursor);
    acked_all++;
    return q;
  }
  if (!(q = line(q, end, &v))) return 0;
  if (*p == ':') { c->removed = 1; return q; }
  if (v < 0) { xread(c, 1); return q; }  // nothing came in time
  if (!(q = line(q, end, &l)) || !(q = bulk(q, end, &s, &l)) || !(q = line(q, end, &v))) return 0;
  c->left = v;
  return q;
}
static char *nats_line(Conn *c, char *p, char *end, int64_t now) {
  char *q = memchr(p, '\n', (size_t)(end - p));
  if (!q) return 0;
  if (*p == 'M') {
    char *s = q - 1;
    while (s[-1] != ' ') s--;
    long n = strtol(s, 0, 10);
    if (end - (q + 1) < n + 2) return 0;
    arrived(c, q + 1, (size_t)n, now);
    return q + n + 3;
  }
  if (p[0] == 'P' && p[1] == 'O') c->opened++;
  else if (p[0] == 'P') text(&c->out, "PONG\r\n"), write_all(c);
  else if (p[0] == '-') { fprintf(stderr, "load: nats says: %.80s\n", p); exit(1); }
  return q + 1;
}
static void parse(Conn *c) {
  char *p = c->in.at, *end = p + c->in.n, *q;
  int64_t now = timed ? now_ns() : 0;
  while (p < end) {
    if (proto == LASH) {
      if (end - p < 4) break;
      size_t n = big(p, 4);
      if ((size_t)(end - p) < n + 4) break;
      lash_record(c, p + 4, n, now);
      q = p + 4 + n;
    } else q = proto == REDIS ? redis_reply(c, p, end, now) : nats_line(c, p, end, now);
    if (!q) break;
    p = q;
  }
  c->in.n = (size_t)(end - p);
  if (p != c->in.at) memmove(c->in.at, p, c->in.n);
}

// -- connections -----------------------------------------------------------------------------------
static void hello(Conn *c) {
  size_t at = begin_frame(&c->out, 3, "hello");
  string(&c->out, "protocol"), byte(&c->out, 1), string(&c->out, "version"), string(&c->out, "load");
  end_frame(&c->out, at);
}
static void attach(Conn *c, const char *cursor) {
  hello(c);
  size_t at = begin_frame(&c->out, cursor ? 2 : 3, "attach");
  if (cursor) string(&c->out, "cursor"), string(&c->out, cursor);
  else string(&c->out, "session_id"), string(&c->out, c->session), string(&c->out, "start"), string(&c->out, "now");
  end_frame(&c->out, at);
}
static void start_publisher(Conn *c, int session) {
  c->role = PUBLISHER;
  snprintf(c->session, sizeof c->session, "%s%05d", name, session);
  c->fd = dial(addr);
  if (proto == NATS) {
    text(&c->out, "CONNECT {\"verbose\":false,\"pedantic\":false,\"echo\":false}\r\nPING\r\n");
    until(c, &c->opened, 1);
    return;
  }
  if (proto == LASH) {
    char id[40];
    snprintf(id, sizeof id, "%016llx%016llx", (unsigned long long)now_ns(), (unsigned long long)(getpid() * 1000003LL + session));
    hello(c);
    size_t at = begin_frame(&c->out, 3, "open");
    string(&c->out, "session_id"), string(&c->out, c->session);
    string(&c->out, "publisher_id"), string(&c->out, id);
    end_frame(&c->out, at);
    until(c, &c->opened, 1);
    c->next = 1;
  }
  const char *given = corpus;
  corpus = 0;  // the event that creates the session is prose
  c->acked = -1;
  publish(c, 1);
  until(c, &c->acked, 0);
  corpus = given;
  c->sent = -first;
  while (c->sent < 0) {
    long n = -c->sent < 500 ? -c->sent : 500;
    publish(c, n);
    until(c, &c->acked, c->sent + first);
  }
  c->base = first;
  c->acked = c->sent = 0;
}
static void start_reader(Conn *c, const Conn *pub) {
  c->role = READER;
  strcpy(c->session, pub->session);
  strcpy(c->cursor, pub->cursor);
  c->fd = dial(addr);
  if (proto == LASH) {
    attach(c, 0);
    until(c, &c->synced, 1);
  } else if (proto == REDIS) xread(c, 1);
  else {
    text(&c->out, "CONNECT {\"verbose\":false,\"pedantic\":false}\r\nSUB %s 1\r\nPING\r\n", c->session);
    until(c, &c->opened, 1);
  }
}
static void list_sessions(Conn *c) {
  end_frame(&c->out, begin_frame(&c->out, 1, "list"));
  until(c, &c->listed, c->listed + 1);
}
static void leave(Conn *c) {
  if (proto == NATS) return;
  if (proto == REDIS && !keep) {
    text(&c->out, "*2\r\n$3\r\nDEL\r\n$%zu\r\n%s\r\n", strlen(c->session), c->session);
    until(c, &c->removed, 1);
  }
  if (proto == REDIS) return;
  end_frame(&c->out, begin_frame(&c->out, 1, "close"));
  until(c, &c->closed, 1);
  if (keep) return;
  size_t at = begin_frame(&c->out, 2, "remove");
  string(&c->out, "session_id"), string(&c->out, c->session);
  end_frame(&c->out, at);
  until(c, &c->removed, 1);
}

// -- the runs --------------------------------------------------------------------------------------
static int next_events(struct epoll_event *found, int n) {
  int k = epoll_wait(poller, found, n, PATIENCE_MS);
  if (k < 0 && errno != EINTR) die("epoll_wait");
  if (!k) {
    fprintf(stderr, "load: nothing comes any more: %ld acknowledged, %ld delivered\n", acked_all, got_all);
    exit(1);
  }
  return k < 0 ? 0 : k;
}
static void storm(void) {
  Conn *p = &pubs[0];
  struct epoll_event found[128];
  start_publisher(p, 0);
  while (p->sent < OLDER + events) {
    publish(p, OLDER + events - p->sent < 64 ? OLDER + events - p->sent : 64);
    until(p, &p->acked, p->sent);
  }
  if (proto == LASH) {  // the position so many events before the tail
    char *rest;
    long revision = strtol(p->cursor + strlen("lashsc1:"), &rest, 10);
    uint64_t at = strtoull(rest + 1, &rest, 10);
    snprintf(before_storm, sizeof before_storm, "lashsc1:%ld:%llu%.300s", revision, (unsigned long long)(at - (uint64_t)events), rest);
  }
  usleep(1000 * settle);
  Buffer cpu = {0}, wall = {0};
  double used = 0, passed = 0;
  for (int r = 0; r < rounds; r++) {
    int64_t c0 = clock_ns(server_clock), t0 = now_ns(), u0 = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
    for (int i = 0; i < readers; i++) {
      Conn *c = &subs[i];
      c->in.n = 0, c->got = c->left = 0, c->role = STORMER;
      c->expected = (uint32_t)(p->sent - events);
      strcpy(c->session, p->session);
      strcpy(c->cursor, before_storm);
      c->fd = dial(addr);
      watch(c, 0);
      if (proto == LASH) attach(c, before_storm), write_all(c);
      else xread(c, 0);
    }
    for (int done = 0; done < readers;) {
      int k = next_events(found, 128);
      for (int i = 0; i < k; i++) {
        Conn *c = found[i].data.ptr;
        long before = c->got;
        if (read_some(c)) parse(c);
        if (before < events && c->got >= events) done++;
      }
    }
    double took = (double)(now_ns() - t0);
    used += (double)(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - u0), passed += took;
    text(&wall, "%s%.3f", r ? "," : "", took * 1e-6);
    text(&cpu, "%s%.3f", r ? "," : "", (double)(clock_ns(server_clock) - c0) * 1e-6);
    for (int i = 0; i < readers; i++) close(subs[i].fd);
    usleep(1000 * settle);
  }
  byte(&cpu, 0), byte(&wall, 0);
  printf("{\"cpu_ms\":[%s],\"wall_ms\":[%s],\"load_util\":%.3f}\n", cpu.at, wall.at, used / passed);
  leave(p);
}
static int by_size(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}
static double percentile(double part) { return latencies[(long)((double)(n_latencies - 1) * part)] / 1e3; }
static void refill(int session, long share) {  // as much as its window allows
  Conn *p = &pubs[session];
  long least = proto == NATS ? p->sent : p->acked;
  for (int i = 0; i < readers; i++)
    if (subs[session * readers + i].got < least) least = subs[session * readers + i].got;
  while (!p->out.n && p->sent < share && p->sent - least + batch <= window_) {
    publish(p, batch < share - p->sent ? batch : share - p->sent);
    write_some(p);
  }
  if (p->waits_for_write != !!p->out.n) p->waits_for_write = !!p->out.n, watch(p, 1);
}
static void run(void) {
  int pace = !strcmp(mode, "pace"), timer = -1;
  long share = events / sessions, sent = 0, late = 0;
  events = share * sessions;
  for (int s = 0; s < sessions; s++) {
    start_publisher(&pubs[s], s);
    for (int i = 0; i < readers; i++) start_reader(&subs[s * readers + i], &pubs[s]);
  }
  for (int s = 0; s < sessions; s++) watch(&pubs[s], 0);
  for (int i = 0; i < sessions * readers; i++) watch(&subs[i], 0);
  Conn onlooker = {0};
  list = list && proto == LASH;
  if (list) {
    onlooker.fd = dial(addr);
    hello(&onlooker);
    list_sessions(&onlooker);
  }
  usleep(1000 * settle);
  if (pace) {
    timed = 1;
    max_latencies = events * (readers ? readers : 1);
    latencies = malloc((size_t)max_latencies * sizeof *latencies);
    timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
    struct itimerspec each = {{0, 1000000000 / rate}, {0, 1000000000 / rate}};
    timerfd_settime(timer, 0, &each, 0);
    struct epoll_event e = {.events = EPOLLIN};
    epoll_ctl(poller, EPOLL_CTL_ADD, timer, &e);
  }
  struct epoll_event found[256];
  int64_t c0 = clock_ns(server_clock), t0 = now_ns(), u0 = clock_ns(CLOCK_PROCESS_CPUTIME_ID);
  acked_all = got_all = 0;
  while ((proto != NATS && acked_all < events) || got_all < events * readers) {
    for (int s = 0; s < sessions && !pace; s++) refill(s, share);
    int k = next_events(found, 256);
    for (int i = 0; i < k; i++) {
      Conn *c = found[i].data.ptr;
      if (c) {
        if (found[i].events & (EPOLLIN | EPOLLHUP) && read_some(c)) parse(c);
        if (found[i].events & EPOLLOUT) write_some(c);
        continue;
      }
      uint64_t ticks;
      if (read(timer, &ticks, 8) != 8) continue;
      late += (long)ticks - 1;
      for (; ticks && sent < events; ticks--) {
        Conn *p = &pubs[sent++ % sessions];
        publish(p, 1);
        write_all(p);
      }
    }
  }
  double wall = (double)(now_ns() - t0) * 1e-3, own = (double)(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - u0) * 1e-3;
  if (list) list_sessions(&onlooker);
  usleep(20000);  // what the server put off until after its answers is its work too
  double cpu = (double)(clock_ns(server_clock) - c0) * 1e-3, n = events ? (double)events : 1;
  printf("{\"events\":%ld,\"wall_s\":%.4f,\"cpu_s\":%.5f,\"us_ev\":%.4f,\"us_del\":%.5f,\"srv_util\":%.3f,\"load_util\":%.3f,\"late_ticks\":%ld",
         events, wall * 1e-6, cpu * 1e-6, cpu / n, readers ? cpu / n / readers : 0, cpu / wall, own / wall, late);
  if (n_latencies) {
    qsort(latencies, (size_t)n_latencies, sizeof *latencies, by_size);
    printf(",\"p50\":%.1f,\"p90\":%.1f,\"p99\":%.1f,\"max\":%.1f", percentile(.5), percentile(.9), percentile(.99), percentile(1));
  }
  printf("}\n");
  for (int i = 0; i < sessions * readers; i++) close(subs[i].fd);
  for (int s = 0; s < sessions; s++) leave(&pubs[s]);
}

// -- options ---------------------------------------------------------------------------------------
static void open_corpus(void) {
  int fd = open(corpus, O_RDONLY);
  struct stat st;
  if (fd < 0 || fstat(fd, &st)) die(corpus);
  corpus_at = mmap(0, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
  if (corpus_at == MAP_FAILED) die(corpus);
  for (int pass = 0; pass < 2; pass++) {  // count, then note
    corpus_n = 0;
    size_t at = 0;
    for (; at + 4 <= (size_t)st.st_size; at += 4 + big(corpus_at + at, 4), corpus_n++)
      if (pass) corpus_starts[corpus_n] = at;
    if (pass) corpus_starts[corpus_n] = at;
    else if (!(corpus_starts = malloc((size_t)(corpus_n + 1) * sizeof *corpus_starts))) die("memory");
  }
}
int main(int argc, char **argv) {
  struct { const char *key; int *whole; long *large; const char **word; } options[] = {
      {"sessions", &sessions, 0, 0}, {"readers", &readers, 0, 0}, {"batch", &batch, 0, 0}, {"many", &many, 0, 0},
      {"rounds", &rounds, 0, 0}, {"settle", &settle, 0, 0}, {"list", &list, 0, 0}, {"keep", &keep, 0, 0}, {"pid", &pid, 0, 0},
      {"events", 0, &events, 0},
      {"window", 0, &window_, 0}, {"rate", 0, &rate, 0}, {"first", 0, &first, 0}, {"addr", 0, 0, &addr},
      {"mode", 0, 0, &mode}, {"name", 0, 0, &name}, {"corpus", 0, 0, &corpus}};
  prctl(PR_SET_PDEATHSIG, SIGKILL);  // not without the benchmark
  signal(SIGPIPE, SIG_IGN);
  alarm(300);
  for (int i = 1; i < argc; i++) {
    char *value = strchr(argv[i], '=');
    if (!value) fail(argv[i]);
    *value++ = 0;
    int known = 0;
    for (size_t k = 0; k < sizeof options / sizeof *options; k++) {
      if (strcmp(argv[i], options[k].key)) continue;
      known = 1;
      if (options[k].whole) *options[k].whole = atoi(value);
      else if (options[k].large) *options[k].large = atol(value);
      else *options[k].word = value;
    }
    for (int k = 0; !strcmp(argv[i], "proto") && k < 3; k++)
      if (!strcmp(value, NAMES[k])) proto = k, known = 1;
    if (!known) fail(argv[i]);
  }
  if (clock_getcpuclockid(pid, &server_clock)) fail("no such server");
  if (window_ < batch) window_ = batch;
  templates();
  if (corpus) open_corpus();
  poller = epoll_create1(0);
  pubs = calloc((size_t)sessions, sizeof *pubs);
  subs = calloc((size_t)(sessions * readers) + 1, sizeof *subs);
  if (!strcmp(mode, "storm")) storm();
  else run();
  return 0;
}
