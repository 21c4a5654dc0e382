/*
 * Hawser's entry program. It stands in the plugin directory under each plugin's name, hands the
 * call to the node daemon and prints its answer. Whenever the daemon has not begun the work (it is
 * absent, busy, too slow, of another version), the full executable does it: slower, but the same.
 * What the daemon has begun is never done twice at a time: only once the daemon is known to be
 * dead does the full executable take back what was begun and do it anew. See docs/daemon.md.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <time.h>
#include "plugins.h" /* made by the build: PLUGINS[], each with name, about, versions, newest */
#include "start.h"

#define INSTALLED "/opt/cni/bin/hawser" /* where it is when it is not beside this program */
#define SOCKET "/run/hawser/daemon.sock"
enum { PROTOCOL = 1, MAGIC = 0x52535748 }; /* HWSR */
enum { BEGIN_MS = 250, VERSION_MS = 500, ANSWER_S = 120, DAY_S = 86400 };
enum { DEATH_TRIES = 500, TRY_MS = 10 };
enum { REQUEST_MAX = 256 << 10, STDIN_MAX = 16 << 20, ANSWER_MAX = 32 << 20 };
enum { STARTS_MAX = '9' }; /* more than one plugin starts of another on any node */
enum { NSFS = 0x6e736673, PROC = 0x9fa0, SIOCGSKNS = 0x894c, NOEXEC_SEAL = 8 }; /* the kernel's */
enum kind { REQUEST = 1, BUSY, VERSION, STDERR, ANSWER };

/* The machines we run on are little-endian, as the protocol is. */
struct header { uint32_t magic; uint16_t version, kind; uint32_t length; };

static char **arguments, **environment;
static const struct plugin *plugin;
static char *input; /* stdin, once it was read */
static size_t input_length;

static const char *variable(const char *name, const char *otherwise) {
  for (char **each = environment; *each; each++) {
    const char *value = after(*each, name);
    if (value && *value == '=') return value[1] ? value + 1 : otherwise;
  }
  return otherwise;
}

/* Waits until a descriptor is ready; 0 when the time is over, which -1 never is. */
static int ready(int fd, short events, int ms) {
  struct timespec time = {ms / 1000, ms % 1000 * 1000000L};
  struct pollfd entry = {fd, events, 0};
  return sys(ppoll, &entry, 1, ms < 0 ? NULL : &time, NULL, 0) > 0;
}

static void leave(int code) {
  for (;;) sys(exit_group, code);
}

static void write_all(int fd, const char *bytes, size_t length) {
  while (length > 0) {
    long n = sys(write, fd, bytes, length);
    if (n == -EAGAIN) ready(fd, POLLOUT, -1);
    else if (n < 0 && n != -EINTR) leave(1);
    if (n > 0) bytes += n, length -= n;
  }
}

/* Prints texts, the last of which is NULL, as one. */
#define print(fd, ...) print_texts(fd, (const char *const[]){__VA_ARGS__, NULL})
static void print_texts(int fd, const char *const *texts) {
  char whole[4096];
  size_t length = 0;
  for (; *texts; texts++)
    for (const char *at = *texts; *at && length < sizeof whole; at++) whole[length++] = *at;
  write_all(fd, whole, length);
}

/* An error in the specification's shape; the texts hold nothing that JSON would have to escape. */
static void fail(const char *code, const char *msg, const char *details) {
  const char *version = plugin ? plugin->newest : LATEST;
  print(1, "{\n    \"cniVersion\": \"", version, "\",\n    \"code\": ", code,
        ",\n    \"msg\": \"", msg, "\",\n    \"details\": \"", details, "\"\n}");
  leave(1);
}

/* Zeroed memory that is never given back: the program ends soon. */
static void *memory(size_t length) {
#ifdef HOSTED
  return piece(length);
#endif
  static char some[1 << 17] __attribute__((aligned(16)));
  static size_t used;
  length = (length + 15) & ~15UL;
  if (length <= sizeof some - used) return some + (used += length) - length;
  long made = sys(mmap, NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (made < 0 && made > -4096) fail("11", "not enough memory for the call", "");
  return (void *)made;
}

/* A file in memory: not executable, which some systems ask for and old ones do not know. */
static int make_file(const char *name, int flags) {
  int fd = sys(memfd_create, name, flags | NOEXEC_SEAL);
  return fd == -EINVAL ? (int)sys(memfd_create, name, flags) : fd;
}

/* Sets a variable, text being its name, '=' and its value. */
static void set_variable(char *text, const char *name) {
  size_t count = 0;
  for (; environment[count]; count++) {
    const char *value = after(environment[count], name);
    if (!value || *value != '=') continue;
    environment[count] = text;
    return;
  }
  char **more = memory((count + 2) * sizeof *more);
  memcpy(more + 1, environment, (count + 1) * sizeof *more);
  more[0] = text, environment = more;
}

/*
 * What is in the place of the full executable may start an entry program again, which would go on
 * for ever: counts how many of them have started one another.
 */
static void count_starts(void) {
  static char text[] = "HAWSER_STARTS=0";
  char before = *variable("HAWSER_STARTS", "0");
  if (before == STARTS_MAX)
    fail(variable("HAWSER_EXECUTABLE", NULL) ? "4" : "5",
         "what stands in the place of the full executable hawser starts an entry program",
         "HAWSER_EXECUTABLE leads to it, or it is beside the plugin");
  text[sizeof text - 2] = before < '0' || before > STARTS_MAX ? '1' : before + 1;
  set_variable(text, "HAWSER_STARTS");
}

/* Returns when that cannot be; whether it is there and only its loader, of the C library, is missing. */
static int execute(const char *path) {
  if (sys(execve, path, arguments, environment) != -ENOENT) return 0;
  return sys(openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC) >= 0;
}

/* Becomes the full executable, with the stdin that was read already. */
static void run_full(void) {
  count_starts();
  if (input) {
    int fd = make_file("stdin", 0);
    if (fd < 0) fail("5", "cannot hand stdin on to the full executable hawser", "memfd_create");
    write_all(fd, input, input_length);
    sys(lseek, fd, 0, SEEK_SET);
    sys(dup3, fd, 0, 0);
    sys(close, fd);
  }
  const char *wanted = variable("HAWSER_EXECUTABLE", NULL);
  int lacks_loader = wanted && execute(wanted);
  static const char *const places[] = {"hawser", "../hawser", INSTALLED};
  char path[4096 + 32];
  long n = sys(readlinkat, AT_FDCWD, "/proc/self/exe", path, 4096), end = n > 0 ? n : 0;
  while (end > 0 && path[end - 1] != '/') end--;
  for (int i = n > 0 ? 0 : 2; i < 3; i++) {
    memcpy(places[i][0] == '/' ? path : path + end, places[i], length_of(places[i]) + 1);
    lacks_loader |= execute(path);
  }
  fail("5", "cannot start the full executable hawser",
       lacks_loader ? "it is there, and the C library that it needs is not: glibc"
                    : "not beside the plugin, nor " INSTALLED);
}

/* All of stdin, or what came of it while there was no long pause; with -1 none is too long. */
static void read_input(int pause_ms) {
  size_t capacity = 1 << 16;
  for (input = memory(capacity); input_length <= STDIN_MAX;) {
    if (pause_ms >= 0 && !ready(0, POLLIN, pause_ms)) return;
    long n = sys(read, 0, input + input_length, capacity - input_length - 1);
    if (n == 0) return;
    if (n > 0) input_length += n;
    else if (n == -EAGAIN) ready(0, POLLIN, -1);
    else if (n != -EINTR) input = NULL, run_full(); /* the full executable says what is wrong */
    if (input_length + 1 == capacity)
      input = memcpy(memory(capacity * 2), input, input_length), capacity *= 2;
  }
}

/* What comes behind blanks and a text; NULL when that is not there. */
static char *past(char *at, const char *text) {
  while (at && (*at == ' ' || *at == '\t' || *at == '\r' || *at == '\n')) at++;
  return at ? after(at, text) : NULL;
}

/* What comes behind three numbers as 1.10.0 has them; NULL when they are not there. */
static char *past_version(char *at) {
  for (int part = 0; at && part < 3; part++) {
    if (part > 0 && *at++ != '.') return NULL;
    char *from = at;
    while (*at >= '0' && *at <= '9') at++;
    if (at == from || at > from + 3 || (*from == '0' && at > from + 1)) return NULL;
  }
  return at;
}

/* {"cniVersion": "1.1.0"} or nothing at all; anything else is for a JSON parser to judge. */
static void answer_version(void) {
  const char *version = LATEST;
  read_input(VERSION_MS);
  if (input_length > 0) {
    char *from = past(past(past(past(input, "{"), "\"cniVersion\""), ":"), "\"");
    char *to = past_version(from), *end = past(past(to ? after(to, "\"") : NULL, "}"), "");
    if (!end || end != input + input_length) run_full();
    version = from, *to = 0;
  }
  print(1, "{\"cniVersion\":\"", version, "\",\"supportedVersions\":", plugin->versions, "}\n");
  leave(0);
}

/*
 * Whose turn it is: a file that the daemon has open, too. The first process that locks it at
 * offset 0 advances it and owns the call for good. A process that dies loses the lock.
 */
static int turn;

static int lock_turn(int tries) {
  struct flock whole = {.l_type = F_WRLCK};
  while (sys(fcntl, turn, F_SETLK, &whole) < 0) {
    if (--tries == 0) return 0;
    ready(-1, 0, TRY_MS);
  }
  return 1;
}

/* With the lock. What a daemon has begun, which must be dead then, is taken back at first. */
static void do_it_here(void) {
  if (sys(lseek, turn, 1, SEEK_CUR) != 1) {
    static char text[] = "HAWSER_RECOVER=1";
    set_variable(text, "HAWSER_RECOVER");
  }
  run_full();
}

/* The daemon lives, has begun, and does not tell how it ended. */
static void give_up(void) {
  fail("11", "the node daemon did not answer", "what it has begun may be done later; try again");
}

/* How long one send or receive may take. */
static void limit(int fd, int option, int ms) {
  struct timeval time = {ms / 1000, ms % 1000 * 1000};
  sys(setsockopt, fd, SOL_SOCKET, option, &time, sizeof time);
}

/* Seconds that an answer may take once the daemon has begun. */
static int patience(void) {
  int seconds = 0;
  for (const char *at = variable("HAWSER_ANSWER_TIMEOUT", ""); *at >= '0' && *at <= '9'; at++)
    if (seconds < DAY_S) seconds = seconds * 10 + *at - '0';
  return seconds > 0 && seconds < DAY_S ? seconds : ANSWER_S;
}

/* The daemon has the turn, as the entry program knows once it has asked for it in vain. */
static int has_begun;

/* Receives a whole part of the answer. Does the call here when the daemon will not. */
static void receive(int fd, void *bytes, size_t length) {
  while (length > 0) {
    long n = sys(recvfrom, fd, bytes, length, 0, NULL, NULL);
    if (n > 0) bytes = (char *)bytes + n, length -= n;
    if (n > 0 || n == -EINTR) continue;
    int is_late = n == -EAGAIN; /* else it has closed: a dying daemon also loses the lock */
    if (is_late && has_begun) give_up();
    if (lock_turn(is_late ? 1 : DEATH_TRIES)) do_it_here();
    if (!is_late) give_up();
    has_begun = 1;
    limit(fd, SO_RCVTIMEO, 1000 * patience());
  }
}

static void print_answer(int fd) {
  for (;;) {
    struct header header;
    receive(fd, &header, sizeof header);
    if (header.magic != MAGIC || header.length > ANSWER_MAX) {
      if (lock_turn(1)) do_it_here();
      give_up();
    }
    char *payload = memory(header.length);
    receive(fd, payload, header.length);
    if (header.kind == BUSY || header.kind == VERSION) run_full(); /* it never will begin */
    if (header.kind == STDERR) write_all(2, payload, header.length);
    if (header.kind == ANSWER && header.length >= 4) {
      write_all(1, payload + 4, header.length - 4);
      leave(*(uint8_t *)payload);
    }
  }
}

/* The file system is judged before the file is opened: a device or a pipe is never touched. */
static int open_netns(const char *path) {
  struct statfs status;
  if (!*path || sys(statfs, path, &status) < 0) return -1;
  if (status.f_type != NSFS && status.f_type != PROC) return -1;
  return sys(openat, AT_FDCWD, path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

static char *append(char *at, const void *bytes, size_t length) {
  return (char *)memcpy(at, bytes, length) + length;
}

static char *append_part(char *at, const void *bytes, uint32_t length) {
  return append(append(at, &length, sizeof length), bytes, length);
}

/* NULL when it is longer than the daemon takes, or directory or namespace cannot be known. */
static char *make_request(size_t *length, int fd, int has_netns) {
  char cwd[4096];
  struct stat own; /* the namespace that we are in is the socket's */
  long cwd_length = sys(getcwd, cwd, sizeof cwd), namespace = sys(ioctl, fd, SIOCGSKNS, 0);
  if (cwd_length <= 0 || cwd[0] != '/') return NULL;
  if (namespace < 0 || sys(fstat, namespace, &own) < 0) return NULL;
  size_t env_length = 0;
  for (char **each = environment; *each; each++) env_length += length_of(*each) + 1;
  uint64_t facts[3] = {has_netns, own.st_dev, own.st_ino};
  *length = sizeof(struct header) + sizeof facts + 4 * sizeof(uint32_t) + length_of(plugin->name) +
            cwd_length - 1 + env_length + input_length;
  if (*length > REQUEST_MAX) return NULL;
  struct header header = {MAGIC, PROTOCOL, REQUEST, *length - sizeof header};
  char *request = memory(*length);
  char *at = append(append(request, &header, sizeof header), facts, sizeof facts);
  at = append_part(at, plugin->name, length_of(plugin->name));
  at = append_part(at, cwd, cwd_length - 1);
  at = append(at, &(uint32_t){env_length}, sizeof(uint32_t));
  for (char **each = environment; *each; each++) at = append(at, *each, length_of(*each) + 1);
  append_part(at, input, input_length);
  return request;
}

/* Sends all at once, and the descriptors with it; false when that was not possible in time. */
static int send_request(int fd, char *request, size_t length, const int *passed, int count) {
  union { struct cmsghdr header; char bytes[CMSG_SPACE(2 * sizeof(int))]; } control;
  control.header.cmsg_len = CMSG_LEN(count * sizeof(int));
  control.header.cmsg_level = SOL_SOCKET, control.header.cmsg_type = SCM_RIGHTS;
  memcpy(CMSG_DATA(&control.header), passed, count * sizeof(int));
  struct iovec part = {request, length};
  struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
                           .msg_controllen = control.header.cmsg_len};
  return sys(sendmsg, fd, &message, MSG_NOSIGNAL) == (long)length;
}

/* Returns when the daemon cannot have the whole request, and hence will never begin. */
static void ask_daemon(const char *command) {
  const char *path = variable("HAWSER_SOCKET", SOCKET);
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int netns = open_netns(variable("CNI_NETNS", ""));
  if (netns < 0 && (same(command, "ADD") || same(command, "CHECK"))) return;
  if (length_of(path) >= sizeof address.sun_path) return;
  memcpy(address.sun_path, path, length_of(path));
  int fd = sys(socket, AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  limit(fd, SO_SNDTIMEO, BEGIN_MS);
  limit(fd, SO_RCVTIMEO, BEGIN_MS);
  turn = make_file("turn", MFD_CLOEXEC);
  if (turn < 0) return;
  size_t length;
  char *request = make_request(&length, fd, netns >= 0);
  /* All is prepared: a daemon that is awake finds the request where it finds the caller. */
  if (request && sys(connect, fd, &address, sizeof address) == 0 &&
      send_request(fd, request, length, (int[]){turn, netns}, netns < 0 ? 1 : 2))
    print_answer(fd);
}

static void start(char **words, char **variables) {
  arguments = words, environment = variables;
  const char *name = "";
  for (const char *at = words[0] ? words[0] : ""; *at; at++)
    if (at == words[0] || at[-1] == '/') name = at;
  for (const struct plugin *each = PLUGINS; each->name; each++)
    if (same(each->name, name)) plugin = each;
  const char *command = variable("CNI_COMMAND", "");
  if (!plugin || words[1]) run_full();
  if (!*command) {
    print(2, plugin->about, "\nCNI protocol versions supported: ", plugin->listed, "\n");
    leave(0);
  }
  if (same(command, "VERSION")) answer_version();
  read_input(-1);
  if (input_length <= REQUEST_MAX) ask_daemon(command);
  run_full();
}
