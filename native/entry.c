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
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>
#include "plugins.h" /* made by the build: PLUGINS[], each with name, about, versions, newest */

#define INSTALLED "/opt/cni/bin/hawser" /* where it is when it is not beside this program */
#define SOCKET "/run/hawser/daemon.sock"
#define PROTOCOL 1
enum { OFFER_MS = 250, VERSION_MS = 500, DEATH_MS = 5000, ANSWER_S = 120 };
enum { REQUEST_MAX = 8 << 20, STDIN_MAX = 16 << 20, ANSWER_MAX = 32 << 20 };
enum { NSFS = 0x6e736673, PROC = 0x9fa0 };
enum kind { REQUEST = 1, OFFER, BUSY, VERSION, GO, STDERR, ANSWER };

/* The machines we run on are little-endian, as the protocol is. */
struct header { char magic[4]; uint16_t version, kind; uint32_t length; };

static char **arguments;
extern char **environ;
static const struct plugin *plugin;
static char *input; /* stdin, once it was read */
static size_t input_length;

static long long now_ms(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

static const char *variable(const char *name, const char *otherwise) {
  const char *value = getenv(name);
  return value && *value ? value : otherwise;
}

/* Waits until a descriptor is ready; 0 when the time is over. */
static int ready(int fd, short events, long long end) {
  for (;;) {
    long long left = end - now_ms();
    int n = left <= 0 ? 0 : poll(&(struct pollfd){fd, events, 0}, 1, left);
    if (n >= 0 || errno != EINTR) return n > 0;
  }
}

static void write_all(int fd, const char *bytes, size_t length) {
  while (length > 0) {
    ssize_t n = write(fd, bytes, length);
    if (n < 0 && errno == EAGAIN) poll(&(struct pollfd){fd, POLLOUT, 0}, 1, -1);
    else if (n < 0 && errno != EINTR) _exit(1);
    if (n > 0) bytes += n, length -= n;
  }
}

/* An error in the specification's shape; the texts hold nothing that JSON would have to escape. */
static void fail(int code, const char *msg, const char *details) {
  char text[1024];
  int n = snprintf(text, sizeof text,
                   "{\n    \"cniVersion\": \"%s\",\n    \"code\": %d,\n    \"msg\": \"%s\",\n"
                   "    \"details\": \"%s\"\n}",
                   plugin ? plugin->newest : "1.1.0", code, msg, details);
  write_all(1, text, n);
  _exit(1);
}

/* Becomes the full executable, with the stdin that was read already. */
static void run_full(void) {
  if (input) {
    int fd = memfd_create("stdin", 0);
    if (fd < 0) fail(5, "cannot hand stdin on", strerror(errno));
    write_all(fd, input, input_length);
    lseek(fd, 0, SEEK_SET);
    dup2(fd, 0);
    if (fd != 0) close(fd);
  }
  const char *told = variable("HAWSER_EXECUTABLE", NULL);
  if (told) execve(told, arguments, environ);
  static const char *const places[] = {"hawser", "../hawser", INSTALLED};
  char path[4096 + 16] = "";
  ssize_t n = readlink("/proc/self/exe", path, 4096);
  char *name = n > 0 ? strrchr(path, '/') + 1 : path;
  for (int i = n > 0 ? 0 : 2; i < 3; i++) {
    strcpy(places[i][0] == '/' ? path : name, places[i]);
    execve(path, arguments, environ);
  }
  fail(5, "cannot start the full executable hawser", strerror(errno));
}

/* All of stdin, or what came of it within the patience; 0 has no end. */
static void read_input(int patience_ms) {
  size_t capacity = 65536;
  long long end = now_ms() + patience_ms;
  for (input = malloc(capacity); input_length <= STDIN_MAX;) {
    if (patience_ms > 0 && !ready(0, POLLIN, end)) return;
    if (!input) fail(11, "not enough memory for stdin", "");
    ssize_t n = read(0, input + input_length, capacity - input_length - 1);
    if (n == 0) return;
    if (n > 0) input_length += n;
    else if (errno == EAGAIN) poll(&(struct pollfd){0, POLLIN, 0}, 1, -1);
    else if (errno != EINTR) input = NULL, run_full(); /* who can tell what is wrong */
    if (input_length + 1 == capacity) input = realloc(input, capacity *= 2);
  }
}

/* {"cniVersion": "1.1.0"} or nothing at all; anything else is for a JSON parser to judge. */
static void answer_version(void) {
  const char *version = LATEST;
  int a, b, c, from = 0, to = 0, end = 0, length = strlen(LATEST);
  char plain[32];
  read_input(VERSION_MS);
  input[input_length] = 0;
  if (input_length > 0) {
    sscanf(input, " { \"cniVersion\" : \"%n%3d.%3d.%3d%n\" } %n", &from, &a, &b, &c, &to, &end);
    if (end == 0 || end != (int)input_length) run_full();
    version = input + from, length = to - from;
    snprintf(plain, sizeof plain, "%d.%d.%d", a, b, c); /* no signs, blanks or zeros in front */
    if (strlen(plain) != (size_t)length || memcmp(plain, version, length) != 0) run_full();
  }
  printf("{\"cniVersion\":\"%.*s\",\"supportedVersions\":%s}\n", length, version, plugin->versions);
  exit(0);
}

/* How long one send or receive may take. */
static void limit(int fd, int ms) {
  struct timeval time = {ms / 1000, ms % 1000 * 1000};
  setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &time, sizeof time);
  setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &time, sizeof time);
}

/* Control messages: a descriptor that goes along, or who sent what came. */
union control { struct cmsghdr header; char bytes[CMSG_SPACE(sizeof(struct ucred))]; };

static int send_all(int fd, const char *bytes, size_t length, int passed) {
  union control control;
  while (length > 0) {
    struct iovec part = {(char *)bytes, length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
    if (passed >= 0) {
      message.msg_control = &control, message.msg_controllen = CMSG_SPACE(sizeof(int));
      control.header = (struct cmsghdr){CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS};
      memcpy(CMSG_DATA(&control.header), &passed, sizeof(int));
    }
    ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);
    if (n > 0) bytes += n, length -= n, passed = -1;
    else if (errno != EINTR) return 0;
  }
  return 1;
}

static int receive_all(int fd, void *bytes, size_t length, pid_t *sender) {
  union control control;
  while (length > 0) {
    struct iovec part = {bytes, length};
    struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control,
                             .msg_controllen = sizeof control};
    ssize_t n = recvmsg(fd, &message, MSG_CMSG_CLOEXEC);
    if (n == 0) errno = ECONNRESET;
    if (n == 0 || (n < 0 && errno != EINTR)) return 0;
    struct cmsghdr *told = n > 0 ? CMSG_FIRSTHDR(&message) : NULL;
    if (told && told->cmsg_type == SCM_CREDENTIALS)
      *sender = ((struct ucred *)CMSG_DATA(told))->pid;
    if (n > 0) bytes = (char *)bytes + n, length -= n;
  }
  return 1;
}

static int receive_header(int fd, struct header *header, pid_t *sender) {
  if (!receive_all(fd, header, sizeof *header, sender)) return 0;
  if (memcmp(header->magic, "HWSR", 4) == 0 && header->length <= ANSWER_MAX) return 1;
  return errno = EPROTO, 0;
}

static char *append(char *at, const void *bytes, uint32_t length) {
  memcpy(at, &length, sizeof length);
  memcpy(at + sizeof length, bytes, length);
  return at + sizeof length + length;
}

/* The file system is judged before the file is opened: a device or a pipe is never touched. */
static int open_netns(const char *path) {
  struct statfs status;
  if (!*path || statfs(path, &status) < 0) return -1;
  if (status.f_type != NSFS && status.f_type != PROC) return -1;
  return open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
}

static char *make_request(size_t *length, int has_netns) {
  char cwd[4096];
  struct stat own;
  if (!getcwd(cwd, sizeof cwd) || stat("/proc/self/ns/net", &own) < 0) return NULL;
  size_t env_length = 0;
  for (char **each = environ; *each; each++) env_length += strlen(*each) + 1;
  uint64_t facts[3] = {has_netns, own.st_dev, own.st_ino};
  *length = sizeof(struct header) + sizeof facts + 4 * 4 + strlen(plugin->name) + strlen(cwd) +
            env_length + input_length;
  char *request = *length <= REQUEST_MAX ? malloc(*length) : NULL;
  if (!request) return NULL;
  struct header header = {"HWSR", PROTOCOL, REQUEST, *length - sizeof header};
  char *at = mempcpy(mempcpy(request, &header, sizeof header), facts, sizeof facts);
  at = append(at, plugin->name, strlen(plugin->name));
  at = append(at, cwd, strlen(cwd));
  uint32_t size = env_length;
  at = mempcpy(at, &size, sizeof size);
  for (char **each = environ; *each; each++) at = mempcpy(at, *each, strlen(*each) + 1);
  append(at, input, input_length);
  return request;
}

/* The answer is lost. A daemon that is dead works on nothing any more; of a living one nobody knows. */
static void recover(int pidfd) {
  if (errno != ECONNRESET || !ready(pidfd, POLLIN, now_ms() + DEATH_MS))
    fail(11, "the node daemon did not answer", "what it has begun may be done later; try again");
  setenv("HAWSER_RECOVER", "1", 1);
  run_full();
}

/* From GO on the work is the daemon's: this prints its answer, or tells that none came. */
static void print_answer(int fd, int pidfd) {
  int seconds = atoi(variable("HAWSER_ANSWER_TIMEOUT", "0"));
  limit(fd, 1000 * (seconds > 0 ? seconds : ANSWER_S));
  struct header header;
  pid_t sender;
  while (receive_header(fd, &header, &sender)) {
    char *payload = malloc(header.length + 1);
    if (!payload) fail(11, "not enough memory for the answer", "");
    if (!receive_all(fd, payload, header.length, &sender)) break;
    if (header.kind == BUSY) return; /* it ends, and has not begun */
    if (header.kind == STDERR) write_all(2, payload, header.length);
    if (header.kind == ANSWER && header.length >= 4) {
      write_all(1, payload + 4, header.length - 4);
      _exit(*(uint8_t *)payload);
    }
    free(payload);
  }
  recover(pidfd);
}

/* Returns when the daemon has not begun the work, and will not. */
static void ask_daemon(void) {
  const char *path = variable("HAWSER_SOCKET", SOCKET), *command = variable("CNI_COMMAND", "");
  struct sockaddr_un address = {.sun_family = AF_UNIX};
  int netns = open_netns(variable("CNI_NETNS", ""));
  if (netns < 0 && (!strcmp(command, "ADD") || !strcmp(command, "CHECK"))) return;
  if (strlen(path) >= sizeof address.sun_path) return;
  strcpy(address.sun_path, path);
  int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  limit(fd, OFFER_MS);
  setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &(int){1}, sizeof(int));
  size_t length;
  char *request = make_request(&length, netns >= 0);
  struct header header, go = {"HWSR", PROTOCOL, GO, 0};
  pid_t sender = 0;
  if (request && connect(fd, (struct sockaddr *)&address, sizeof address) == 0 &&
      send_all(fd, request, length, netns) && receive_header(fd, &header, &sender) &&
      header.kind == OFFER && header.version == PROTOCOL && sender > 0) {
    /* Opened while it waits for GO; a daemon that is gone by now does not take GO any more. */
    int pidfd = syscall(SYS_pidfd_open, sender, 0);
    if (pidfd >= 0 && send_all(fd, (char *)&go, sizeof go, -1)) print_answer(fd, pidfd);
  }
  close(fd); /* before the full executable begins: the daemon then never does */
}

int main(int argc, char **argv) {
  arguments = argv;
  const char *name = argc > 0 ? strrchr(argv[0], '/') : NULL;
  name = name ? name + 1 : argc > 0 ? argv[0] : "";
  for (const struct plugin *each = PLUGINS; each->name; each++)
    if (strcmp(each->name, name) == 0) plugin = each;
  const char *command = variable("CNI_COMMAND", "");
  if (!plugin || argc > 1) run_full();
  if (!*command) {
    fprintf(stderr, "%s\nCNI protocol versions supported: %s\n", plugin->about, plugin->listed);
    return 0;
  }
  if (strcmp(command, "VERSION") == 0) answer_version();
  read_input(0);
  if (input_length <= REQUEST_MAX) ask_daemon();
  run_full();
}
