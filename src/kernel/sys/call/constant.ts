// Constants of the kernel under their own names. All values are those of asm-generic, which
// x86-64 and arm64 share.

// fcntl.h
export const O_RDONLY = 0;
export const O_WRONLY = 0o1;
export const O_RDWR = 0o2;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
export const O_TRUNC = 0o1000;
export const O_APPEND = 0o2000;
export const O_NONBLOCK = 0o4000;
export const O_CLOEXEC = 0o2000000;

export const F_GETFL = 3;
export const F_SETFL = 4;
export const F_GETLK = 5;
export const F_SETLK = 6;
export const F_WRLCK = 1;
export const F_UNLCK = 2;
export const F_DUPFD_CLOEXEC = 1030;

// sys/file.h
export const LOCK_SH = 1;
export const LOCK_EX = 2;
export const LOCK_NB = 4;
export const LOCK_UN = 8;

// unistd.h
export const SEEK_CUR = 1;

// sched.h
export const CLONE_NEWNS = 0x00020000;
export const CLONE_NEWUSER = 0x10000000;
export const CLONE_NEWNET = 0x40000000;

// sys/mount.h
export const MS_RDONLY = 1;
export const MS_BIND = 4096;
export const MS_REC = 16384;
export const MS_PRIVATE = 0x40000;
export const MNT_DETACH = 2;

// linux/magic.h
export const PROC_SUPER_MAGIC = 0x9fa0;
export const NSFS_MAGIC = 0x6e736673;

// linux/nsfs.h
export const NS_GET_NSTYPE = 0xb703;

// sys/socket.h
export const AF_UNSPEC = 0;
export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_BRIDGE = 7;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
export const SOCK_STREAM = 1;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_NONBLOCK = 0o4000;
export const SOCK_CLOEXEC = 0o2000000;
export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_ERROR = 4;
export const SO_BROADCAST = 6;
export const SO_SNDBUF = 7;
export const SO_RCVBUF = 8;
export const SO_PEERCRED = 17;
export const SO_RCVTIMEO = 20;
export const SO_SNDBUFFORCE = 32;
export const SO_BINDTODEVICE = 25;
export const SO_ATTACH_FILTER = 26;
export const SO_RCVBUFFORCE = 33;
export const SO_NETNS_COOKIE = 71;
export const MSG_PEEK = 0x2;
export const MSG_TRUNC = 0x20;
export const MSG_DONTWAIT = 0x40;
export const MSG_NOSIGNAL = 0x4000;
export const MSG_CMSG_CLOEXEC = 0x40000000;
export const SCM_RIGHTS = 1;

// asm-generic/ioctls.h: bytes of a socket that have not left yet
export const TIOCOUTQ = 0x5411;
export const TIOCGWINSZ = 0x5413;

// linux/if_ether.h
export const ETH_P_IP = 0x0800;
export const ETH_P_IPV6 = 0x86dd;

// poll.h
export const POLLIN = 1;
export const POLLOUT = 4;

// sys/epoll.h
export const EPOLLIN = 1;
export const EPOLLPRI = 2;
export const EPOLLERR = 8;
export const EPOLLHUP = 16;
export const EPOLLRDHUP = 0x2000;
export const EPOLLONESHOT = 0x40000000;
