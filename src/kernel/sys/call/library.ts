import { existsSync } from "node:fs";
import { type Engine, findEngine, type Memory, type Prototype } from "./engine.ts";

// The C library. Each entry stands under its C prototype.
//
// Lengths (size_t) are passed as unsigned 64-bit; results that are ssize_t in C are read as int,
// which is right because no buffer here comes near 2 GiB. open, fcntl and ioctl are variadic in C; on
// Linux x86-64 and arm64 a variadic call passes integers and pointers like a plain one.
const i32 = "i32";
const u32 = "u32";
const u64 = "u64";
const ptr = "ptr";

/** The calls we need of the C library. -1 means failure; the reason is `lastErrno`. */
export interface Library {
  open(path: Memory, flags: number, mode: number): number;
  close(fd: number): number;
  read(fd: number, buffer: Memory, count: number): number;
  write(fd: number, buffer: Memory, count: number): number;
  fsync(fd: number): number;
  fcntl(fd: number, command: number, argument: Memory | number): number;
  flock(fd: number, operation: number): number;
  lseek(fd: number, offset: number, whence: number): number;
  ioctl(fd: number, request: number, argument: Memory | number): number;
  statfs(path: Memory, buffer: Memory): number;
  fstatfs(fd: number, buffer: Memory): number;
  utimensat(directory: number, path: Memory, times: Memory, flags: number): number;
  mount(source: Memory, target: Memory, type: Memory, flags: number, data: Memory): number;
  umount2(target: Memory, flags: number): number;
  setns(fd: number, type: number): number;
  unshare(flags: number): number;
  socket(domain: number, type: number, protocol: number): number;
  bind(fd: number, address: Memory, length: number): number;
  setsockopt(fd: number, level: number, name: number, value: Memory, length: number): number;
  getsockname(fd: number, address: Memory, length: Memory): number;
  send(fd: number, buffer: Memory, length: number, flags: number): number;
  sendto(
    fd: number,
    buffer: Memory,
    length: number,
    flags: number,
    address: Memory,
    addressLength: number,
  ): number;
  recvfrom(
    fd: number,
    buffer: Memory,
    length: number,
    flags: number,
    address: Memory,
    addressLength: Memory,
  ): number;
  poll(entries: Memory, count: number, timeoutMs: number): number;
  connect(fd: number, address: Memory, length: number): number;
  listen(fd: number, backlog: number): number;
  accept4(fd: number, address: Memory, length: Memory, flags: number): number;
  recvmsg(fd: number, message: Memory, flags: number): number;
  getsockopt(fd: number, level: number, name: number, value: Memory, length: Memory): number;
  epoll_create1(flags: number): number;
  epoll_ctl(epoll: number, operation: number, fd: number, event: Memory): number;
  epoll_wait(epoll: number, events: Memory, count: number, timeoutMs: number): number;
  eventfd(initial: number, flags: number): number;
  clock_gettime(clock: number, time: Memory): number;
  syscall(
    number: number,
    first: number,
    second: number,
    memory: Memory | number,
    count: number,
    last: number,
  ): number;
  _exit(status: number): void;
}

// Written without FFIType.cstring: all text is encoded, checked for NUL and ended by us.
const PROTOTYPES: Record<keyof Library, Prototype> = {
  // int open(const char *path, int flags, ... /* mode_t mode */);
  open: { args: [ptr, i32, i32], returns: i32 },
  // int close(int fd);
  close: { args: [i32], returns: i32 },
  // ssize_t read(int fd, void *buf, size_t count);
  read: { args: [i32, ptr, u64], returns: i32 },
  // ssize_t write(int fd, const void *buf, size_t count);
  write: { args: [i32, ptr, u64], returns: i32 },
  // int fsync(int fd);
  fsync: { args: [i32], returns: i32 },
  // int fcntl(int fd, int cmd, ... /* int argument, or a pointer */);
  fcntl: { args: [i32, i32, ptr], returns: i32 },
  // int flock(int fd, int operation);
  flock: { args: [i32, i32], returns: i32 },
  // off_t lseek(int fd, off_t offset, int whence);
  lseek: { args: [i32, u64, i32], returns: i32 },
  // int ioctl(int fd, unsigned long request, ... /* void *argument, or a number */);
  ioctl: { args: [i32, u64, ptr], returns: i32 },
  // int statfs(const char *path, struct statfs *buf);
  statfs: { args: [ptr, ptr], returns: i32 },
  // int fstatfs(int fd, struct statfs *buf);
  fstatfs: { args: [i32, ptr], returns: i32 },
  // int utimensat(int dirfd, const char *pathname, const struct timespec times[2], int flags);
  utimensat: { args: [i32, ptr, ptr, i32], returns: i32 },
  // int mount(const char *source, const char *target, const char *filesystemtype,
  //           unsigned long mountflags, const void *data);
  mount: { args: [ptr, ptr, ptr, u64, ptr], returns: i32 },
  // int umount2(const char *target, int flags);
  umount2: { args: [ptr, i32], returns: i32 },
  // int setns(int fd, int nstype);
  setns: { args: [i32, i32], returns: i32 },
  // int unshare(int flags);
  unshare: { args: [i32], returns: i32 },
  // int socket(int domain, int type, int protocol);
  socket: { args: [i32, i32, i32], returns: i32 },
  // int bind(int sockfd, const struct sockaddr *addr, socklen_t addrlen);
  bind: { args: [i32, ptr, i32], returns: i32 },
  // int setsockopt(int sockfd, int level, int optname, const void *optval, socklen_t optlen);
  setsockopt: { args: [i32, i32, i32, ptr, i32], returns: i32 },
  // int getsockname(int sockfd, struct sockaddr *addr, socklen_t *addrlen);
  getsockname: { args: [i32, ptr, ptr], returns: i32 },
  // ssize_t send(int sockfd, const void *buf, size_t len, int flags);
  send: { args: [i32, ptr, u64, i32], returns: i32 },
  // ssize_t sendto(int sockfd, const void *buf, size_t len, int flags,
  //                const struct sockaddr *dest_addr, socklen_t addrlen);
  sendto: { args: [i32, ptr, u64, i32, ptr, i32], returns: i32 },
  // ssize_t recvfrom(int sockfd, void *buf, size_t len, int flags,
  //                  struct sockaddr *src_addr, socklen_t *addrlen);
  recvfrom: { args: [i32, ptr, u64, i32, ptr, ptr], returns: i32 },
  // int poll(struct pollfd *fds, nfds_t nfds, int timeout);
  poll: { args: [ptr, u64, i32], returns: i32 },
  // int connect(int sockfd, const struct sockaddr *addr, socklen_t addrlen);
  connect: { args: [i32, ptr, i32], returns: i32 },
  // int listen(int sockfd, int backlog);
  listen: { args: [i32, i32], returns: i32 },
  // int accept4(int sockfd, struct sockaddr *addr, socklen_t *addrlen, int flags);
  accept4: { args: [i32, ptr, ptr, i32], returns: i32 },
  // ssize_t recvmsg(int sockfd, struct msghdr *msg, int flags);
  recvmsg: { args: [i32, ptr, i32], returns: i32 },
  // int getsockopt(int sockfd, int level, int optname, void *optval, socklen_t *optlen);
  getsockopt: { args: [i32, i32, i32, ptr, ptr], returns: i32 },
  // int epoll_create1(int flags);
  epoll_create1: { args: [i32], returns: i32 },
  // int epoll_ctl(int epfd, int op, int fd, struct epoll_event *event);
  epoll_ctl: { args: [i32, i32, i32, ptr], returns: i32 },
  // int epoll_wait(int epfd, struct epoll_event *events, int maxevents, int timeout);
  epoll_wait: { args: [i32, ptr, i32, i32], returns: i32 },
  // int eventfd(unsigned int initval, int flags);
  eventfd: { args: [u32, i32], returns: i32 },
  // int clock_gettime(clockid_t clockid, struct timespec *tp);
  clock_gettime: { args: [i32, ptr], returns: i32 },
  // long syscall(long number, ... /* in the shape of those that are made through it */);
  syscall: { args: [u64, u64, u64, ptr, u64, u64], returns: i32 },
  // void _exit(int status);
  _exit: { args: [i32], returns: "void" },
};

// Symbols are looked up once in a process, at the first call: importing this file costs nothing.
let library: Library | undefined;
let engine: Engine | undefined;

/**
 * The C library.
 * @throws PlatformError where nothing can call C
 */
export function libc(): Library {
  library ??= openLibrary(ofProgram());
  return library;
}

/** Error number of the call just made: nothing may stand between that call and this one. */
export function lastErrno(): number {
  return ofProgram().errno();
}

/** Where memory lies, for a structure that points at it; valid while the memory is in use here. */
export function addressOf(memory: Uint8Array): number {
  return ofProgram().addressOf(memory);
}

/** Looked for when it is needed, so that programs on every platform can load what stands on this. */
function ofProgram(): Engine {
  engine ??= findEngine();
  return engine;
}

function openLibrary(by: Engine): Library {
  try {
    return by.open<Library>("libc.so.6", PROTOTYPES);
  } catch (error) {
    // musl: one file that is C library and loader. Its whole path, because a bare name that the
    // system does not have would be looked for in the working directory.
    const machine = process.arch === "arm64" ? "aarch64" : "x86_64";
    const musl = `/lib/libc.musl-${machine}.so.1`;
    if (!existsSync(musl)) throw error;
    return by.open<Library>(musl, PROTOTYPES);
  }
}

const encoder = new TextEncoder();

/** Text as C wants it. A NUL inside would silently name another file, so it throws. */
export function cString(text: string): Uint8Array {
  if (text.includes("\0")) throw new RangeError(`text holds a NUL byte: ${JSON.stringify(text)}`);
  return encoder.encode(`${text}\0`);
}
