/*
 * The entry program with a kernel and a daemon that are played: system calls are functions here, so
 * that thousands of calls run in a second, each byte that the kernel would read or write is seen by
 * the sanitizers, and the promises that entry.c makes can be held against what it does.
 */
#define HOSTED
#define PLAYED_KERNEL
#include "../entry.c"
#include <setjmp.h>
#include <stdio.h>
#include "case.h"

enum { TURN = 10, INPUT_COPY, NETNS, CONNECTION, OWN_NETNS }; /* descriptors */
enum { MANY = 64, REPEATS = 64, REPEATED = 0xff };

static const struct call *call;
static size_t decided;                     /* bytes of the script that are used up */
static size_t read_so_far, received;       /* of stdin, of the answer */
static size_t repeats;                     /* how often stdin comes */
static int is_sent, has_daemon_begun, is_daemon_dead, has_lock, position;
static jmp_buf ended;
static enum end how;

static void *pieces[1 << 12];
static size_t piece_count;

static void *piece(size_t length) {
  if (piece_count == sizeof pieces / sizeof *pieces) report("memory is asked for without end");
  return pieces[piece_count++] = calloc(1, length ? length : 1);
}

static uint8_t decide(void) {
  const struct part *script = &call->parts[SCRIPT];
  return decided < script->length ? script->bytes[decided++] : 0;
}

static void end_as(enum end end) {
  how = end;
  longjmp(ended, 1);
}

/* Reads all bytes, so that a sanitizer judges it. */
static void touch(const void *bytes, size_t length) {
  static char nowhere[1 << 12];
  for (size_t at = 0, some; at < length; at += some) {
    some = length - at < sizeof nowhere ? length - at : sizeof nowhere;
    memcpy(nowhere, (const char *)bytes + at, some);
  }
}

/* What comes of a source that is read: a part of it, perhaps only a byte. */
static long give(void *to, size_t room, const struct part *source, size_t *done, size_t times) {
  size_t left = source->length * times - *done, length = left < room ? left : room;
  uint8_t wish = decide();
  if (wish == 1) return -EINTR;
  if (wish == 2) return -EAGAIN;
  if (wish > 2 && length > (size_t)(wish - 2)) length = wish - 2;
  for (size_t left_over = length, some; left_over > 0; left_over -= some, *done += some) {
    size_t from = *done % source->length;
    some = source->length - from < left_over ? source->length - from : left_over;
    memcpy((char *)to + (length - left_over), source->bytes + from, some);
  }
  return (long)length;
}

/* The daemon's frame at a place of the answer; NULL when not all of it has come. */
static const uint8_t *frame(size_t *at, struct header *header) {
  const struct part *answer = &call->parts[REPLY];
  if (received - *at < sizeof *header) return NULL;
  memcpy(header, answer->bytes + *at, sizeof *header);
  const uint8_t *payload = answer->bytes + *at + sizeof *header;
  if (header->magic != MAGIC || header->length > received - *at - sizeof *header) return NULL;
  *at += sizeof *header + header->length;
  return payload;
}

/* Whether the last thing that has come is that the daemon will not do the call. */
static int is_refused(void) {
  struct header header = {0};
  size_t at = 0;
  while (frame(&at, &header))
    if (at == received && (header.kind == BUSY || header.kind == VERSION)) return 1;
  return 0;
}

/* Whether an answer with an exit code has come. */
static int is_answered(int code) {
  struct header header = {0};
  size_t at = 0;
  for (const uint8_t *payload; (payload = frame(&at, &header));)
    if (header.kind == ANSWER && header.length >= 4 && payload[0] == code) return 1;
  return 0;
}

static long become(const char *path, char **words, char **variables) {
  touch(path, strlen(path) + 1);
  for (char **each = words; *each; each++) touch(*each, strlen(*each) + 1);
  int takes_back = 0;
  for (char **each = variables; *each; each++) {
    touch(*each, strlen(*each) + 1);
    takes_back |= strcmp(*each, "HAWSER_RECOVER=1") == 0;
  }
  if (is_sent && !has_lock && !is_refused())
    report("a call is done here that the daemon may do, too");
  int has_begun_and_died = has_lock && has_daemon_begun;
  if (has_begun_and_died && !takes_back)
    report("what a dead daemon has begun is not taken back");
  if (!has_begun_and_died && takes_back)
    report("what was not begun is taken back");
  if (decide() == 1) return -ENOENT;
  end_as(has_begun_and_died ? RECOVERED : FULL);
  return 0;
}

static void judge_exit(int code) {
  const char *command = variable("CNI_COMMAND", "");
  if (is_sent && is_answered(code)) end_as(ANSWERED);
  if (code == 0 && !*command) end_as(ABOUT);
  if (code == 0 && same(command, "VERSION")) end_as(VERSIONED);
  if (code == 0) report("a call succeeds without an answer");
  end_as(is_sent ? GAVE_UP : FAILED);
}

static const uint8_t *judge_part(const uint8_t *at, const uint8_t *end) {
  uint32_t length;
  if (end - at < 4) report("a request ends within a length");
  memcpy(&length, at, 4);
  if (length > end - at - 4) report("a part of a request is longer than the request");
  return at + 4 + length;
}

static long send_all(const struct msghdr *message) {
  touch(message->msg_control, message->msg_controllen);
  const uint8_t *bytes = message->msg_iov->iov_base, *end = bytes + message->msg_iov->iov_len;
  touch(bytes, end - bytes);
  struct header header;
  memcpy(&header, bytes, sizeof header);
  if (header.magic != MAGIC || header.length != end - bytes - sizeof header)
    report("a request has a bad header");
  const uint8_t *at = bytes + sizeof header + 3 * sizeof(uint64_t);
  for (int part = 0; part < 3; part++) at = judge_part(at, end);
  if (judge_part(at, end) != end) report("a request is longer than its parts");
  uint8_t wish = decide();
  if (wish == 1) return -EPIPE;
  if (wish == 2) return (end - bytes) / 2;
  is_sent = 1, has_daemon_begun = wish != 3, is_daemon_dead = !has_daemon_begun;
  return end - bytes;
}

static long receive_some(void *to, size_t room) {
  long n = give(to, room, &call->parts[REPLY], &received, 1);
  if (n > 0 || n == -EINTR) return n;
  if (n == 0 && decide() != 1) is_daemon_dead = 1;
  return n;
}

static long lock(void) {
  if (!is_daemon_dead) return -EAGAIN;
  has_lock = 1;
  return 0;
}

static long current_directory(char *to, size_t room) {
  uint8_t wish = decide();
  if (wish == 1) return -ENOENT;
  size_t length = wish == 2 ? room - 1 : 1u + wish % MANY;
  for (size_t i = 0; i < length; i++) to[i] = wish == 3 ? '(' : i % 5 ? 'd' : '/';
  to[length] = 0;
  return (long)length + 1;
}

static long own_path(char *to, size_t room) {
  uint8_t wish = decide();
  if (wish == 1) return -ENOENT;
  size_t length = wish == 2 ? room : 1u + wish % MANY;
  for (size_t i = 0; i < length; i++) to[i] = i % 7 ? 'e' : '/';
  return (long)length;
}

static long system_call(long n, long a, long b, long c, long d, long e, long f) {
  (void)e, (void)f;
  switch (n) {
    case SYS_read: return give((void *)b, c, &call->parts[INPUT], &read_so_far, repeats);
    case SYS_recvfrom: return receive_some((void *)b, c);
    case SYS_write: {
      touch((void *)b, c);
      uint8_t wish = decide();
      static const long errors[] = {0, -EINTR, -EAGAIN, -EPIPE};
      return wish == 0 ? c : wish < 4 ? errors[wish] : c > 1 ? c / 2 : c;
    }
    case SYS_ppoll: return decide() == 1 ? 0 : 1;
    case SYS_exit_group: judge_exit((int)a); return 0;
    case SYS_execve: return become((void *)a, (void *)b, (void *)c);
    case SYS_memfd_create: {
      uint8_t wish = decide();
      if (wish == 1) return -EMFILE;
      if (wish == 2 && (b & NOEXEC_SEAL)) return -EINVAL;
      return strcmp((char *)a, "turn") ? INPUT_COPY : TURN;
    }
    case SYS_lseek: return a == TURN ? position += b + has_daemon_begun : 0;
    case SYS_fcntl: return lock();
    case SYS_statfs: {
      touch((void *)a, strlen((char *)a) + 1);
      uint8_t wish = decide();
      ((struct statfs *)b)->f_type = wish == 2 ? PROC : wish == 3 ? 0xef53 : NSFS;
      return wish == 1 ? -ENOENT : 0;
    }
    case SYS_openat: return decide() == 1 ? -EACCES : NETNS;
    case SYS_socket: return decide() == 1 ? -EMFILE : CONNECTION;
    case SYS_connect: touch((void *)b, c); return decide() == 1 ? -ECONNREFUSED : 0;
    case SYS_sendmsg: return send_all((void *)b);
    case SYS_ioctl: return decide() == 1 ? -ENOTTY : OWN_NETNS;
    case SYS_fstat: memset((void *)b, 7, sizeof(struct stat)); return decide() == 1 ? -EBADF : 0;
    case SYS_getcwd: return current_directory((void *)a, b);
    case SYS_readlinkat: return own_path((void *)c, d);
    case SYS_setsockopt: touch((void *)d, sizeof(struct timeval)); return 0;
    case SYS_dup3: case SYS_close: return 0;
  }
  report("a system call that is not played");
  return 0;
}

/* The texts of a part, each in memory of its own, and NULL behind them. */
static char **texts(const struct part *part) {
  char **list = piece((MANY + 1) * sizeof *list);
  size_t count = 0;
  for (size_t from = 0, to; from < part->length && count < MANY; from = to + 1) {
    for (to = from; to < part->length && part->bytes[to]; to++) continue;
    list[count] = memcpy(piece(to - from + 1), part->bytes + from, to - from);
    list[count++][to - from] = 0;
  }
  list[count] = NULL;
  return list;
}

enum end run_call(const struct call *made) {
  call = made;
  decided = read_so_far = received = 0;
  is_sent = has_daemon_begun = is_daemon_dead = has_lock = position = 0;
  input = NULL, input_length = 0, turn = 0, has_begun = 0, plugin = NULL;
  const struct part *script = &call->parts[SCRIPT];
  repeats = script->length > 0 && script->bytes[0] == REPEATED ? REPEATS : 1;
  if (setjmp(ended) == 0) {
    start(texts(&call->parts[WORDS]), texts(&call->parts[VARIABLES]));
    report("the program comes to its end without an exit");
  }
  while (piece_count > 0) free(pieces[--piece_count]);
  return how;
}
