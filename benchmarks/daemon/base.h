// What the load generator stands on: failures, clocks, growing buffers, sockets, and as much of
// msgpack as lashd speaks.
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

enum { PATIENCE_MS = 20000 };  // a server that says nothing for so long stands still

typedef struct {
  char *at;
  size_t n, cap, done;
} Buffer;

// -- clocks and failures ---------------------------------------------------------------------------
static void die(const char *what) {
  fprintf(stderr, "load: %s%s%s\n", what, errno ? ": " : "", errno ? strerror(errno) : "");
  exit(1);
}
static void fail(const char *what) {
  errno = 0;
  die(what);
}
static int64_t clock_ns(clockid_t clock) {
  struct timespec t;
  if (clock_gettime(clock, &t)) die("a clock (has the server ended?)");
  return t.tv_sec * 1000000000LL + t.tv_nsec;
}
static int64_t now_ns(void) { return clock_ns(CLOCK_MONOTONIC); }

// -- buffers --------------------------------------------------------------------------------------
static char *room(Buffer *b, size_t n) {
  if (b->cap - b->n < n) {
    b->cap = 2 * b->cap + n;
    if (!(b->at = realloc(b->at, b->cap))) die("memory");
  }
  return b->at + b->n;
}
static void bytes(Buffer *b, const void *data, size_t n) {
  memcpy(room(b, n), data, n);
  b->n += n;
}
static void byte(Buffer *b, int value) { *room(b, 1) = (char)value, b->n++; }
__attribute__((format(printf, 2, 3))) static void text(Buffer *b, const char *format, ...) {
  va_list args;
  va_start(args, format);
  int n = vsnprintf(room(b, 1000), 1000, format, args);
  va_end(args);
  if (n >= 1000) fail("a line is too long");
  b->n += n;
}
// -- sockets --------------------------------------------------------------------------------------
static int dial(const char *addr) {
  for (int tries = 0; tries < 3000; tries++) {
    struct sockaddr_un u = {.sun_family = AF_UNIX};
    struct sockaddr_in i = {.sin_family = AF_INET, .sin_port = htons(atoi(addr))};
    i.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    strncpy(u.sun_path, addr, sizeof u.sun_path - 1);
    int local = addr[0] == '/', one = 1;
    int fd = socket(local ? AF_UNIX : AF_INET, SOCK_STREAM, 0);
    if (fd < 0) die("socket");
    if (!local) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    if (!connect(fd, local ? (void *)&u : (void *)&i, local ? sizeof u : sizeof i)) {
      fcntl(fd, F_SETFL, O_NONBLOCK);
      return fd;
    }
    close(fd);
    usleep(1000);  // the backlog is full
  }
  die("connect");
  return -1;
}
static void wait_for(int fd, int what) {
  struct pollfd p = {.fd = fd, .events = what};
  if (poll(&p, 1, PATIENCE_MS) <= 0) fail("the server stands still");
}

// -- msgpack ---------------------------------------------------------------------------------------
static uint64_t big(const char *p, int n) {
  uint64_t v = 0;
  while (n--) v = v << 8 | (uint8_t)*p++;
  return v;
}
static void number(Buffer *b, int tag, uint64_t v, int n) {
  if (tag) byte(b, tag);
  while (n--) byte(b, (int)(v >> (8 * n) & 255));
}
static void string(Buffer *b, const char *s) {
  size_t n = strlen(s);
  if (n < 32) byte(b, 0xa0 | (int)n);
  else byte(b, 0xd9), byte(b, (int)n);
  bytes(b, s, n);
}
static const char *skip(const char *p) {  // to the end of a value
  static const uint8_t sizes[] = {4, 8, 1, 2, 4, 8, 1, 2, 4, 8};  // 0xca to 0xd3
  for (long left = 1; left; left--) {
    uint8_t t = (uint8_t)*p++;
    if (t < 0x80 || t >= 0xe0 || (t >= 0xc0 && t <= 0xc3)) continue;
    if (t < 0x90) left += 2 * (t & 15);
    else if (t < 0xa0) left += t & 15;
    else if (t < 0xc0) p += t & 31;
    else if (t >= 0xca && t <= 0xd3) p += sizes[t - 0xca];
    else if (t == 0xd9 || t == 0xc4) p += 1 + big(p, 1);
    else if (t == 0xda || t == 0xc5) p += 2 + big(p, 2);
    else if (t == 0xdb || t == 0xc6) p += 4 + big(p, 4);
    else if (t == 0xdc || t == 0xde) left += (long)big(p, 2) << (t & 2 ? 1 : 0), p += 2;
    else if (t == 0xdd || t == 0xdf) left += (long)big(p, 4) << (t & 2 ? 1 : 0), p += 4;
    else fail("msgpack that is no JSON");
  }
  return p;
}
static const char *text_of(const char *p, size_t *n) {
  uint8_t t = (uint8_t)*p;
  if (t >= 0xa0 && t < 0xc0) { *n = t & 31; return p + 1; }
  int size = t == 0xd9 ? 1 : t == 0xda ? 2 : t == 0xdb ? 4 : 0;
  *n = size ? big(p + 1, size) : 0;
  return p + 1 + size;
}
static const char *field(const char *p, const char *key) {  // of a map: the value, or null
  uint8_t t = (uint8_t)*p++;
  long n = t < 0x90 ? t & 15 : (long)big(p, t == 0xde ? 2 : 4);
  p += t < 0x90 ? 0 : t == 0xde ? 2 : 4;
  size_t wanted = strlen(key), k;
  while (n--) {
    const char *s = text_of(p, &k);
    p = s + k;
    if (k == wanted && !memcmp(s, key, k)) return p;
    p = skip(p);
  }
  return 0;
}
static long whole_number(const char *p) {
  uint8_t t = (uint8_t)*p;
  return t < 0x80 ? t : (long)big(p + 1, 1 << (t & 3));
}
