export { type ActivatedSocket, activatedSockets } from "./call/activation.ts";
export { boottimeMs } from "./call/clock.ts";
export * from "./call/constant.ts";
export { Errno, errnoName, errnoText } from "./call/errno.ts";
export { ignoring, isKernelError, KernelError, type KernelErrorDetails } from "./call/error.ts";
export { Fd } from "./call/fd.ts";
export {
  advance,
  type FileStatus,
  flock,
  fstat,
  fsync,
  ioctl,
  open,
  read,
  setModified,
  statfsMagic,
  write,
} from "./call/file.ts";
export {
  attachFilter,
  BPF_JEQ,
  BPF_LDB_ABS,
  BPF_LDH_ABS,
  BPF_LDH_IND,
  BPF_LDX_MSH,
  BPF_RET,
  BPF_WHOLE,
  type FilterInstruction,
  htons,
  inet6Address,
  inetAddress,
  openPacketSocket,
  packetAddress,
} from "./call/packet.ts";
export { PlatformError } from "./call/platform.ts";
export {
  type FileRange,
  lockingProcess,
  lockProcess,
  unlockProcess,
} from "./call/process-lock.ts";
export {
  bind,
  connect,
  getsockname,
  netlinkAddress,
  netnsCookie,
  pollIn,
  pollOut,
  recv,
  recvfrom,
  type SenderAddress,
  send,
  setsockopt,
  socket,
  socketError,
  timeval,
} from "./call/socket.ts";
export { mountSysfs } from "./call/sysfs.ts";
export { terminalColumns } from "./call/terminal.ts";
export {
  IFF_MULTI_QUEUE,
  IFF_NO_PI,
  IFF_TAP,
  IFF_TUN_EXCL,
  openTun,
  setTunGroup,
  setTunInterface,
  setTunOwner,
  setTunPersistent,
  TUN_DEVICE,
} from "./call/tun.ts";
export {
  accept,
  listen,
  MESSAGE_DESCRIPTORS_MAX,
  MessageBuffer,
  type PeerCredentials,
  peerCredentials,
  receiveMessage,
  setNonBlocking,
  unixAddress,
} from "./call/unix.ts";
export { Epoll, type EpollEvent } from "./event/epoll.ts";
export { duplicate, hear, type Listener } from "./event/hear.ts";
export { openProcess } from "./event/process.ts";
export { Waker } from "./event/waker.ts";
export { leaveToKernel } from "./thread/leave.ts";
export { abort, mount, setns, umount, unshare } from "./thread/namespace.ts";
export {
  isVisiting,
  type PinnedNetns,
  pinnedNetns,
  pinThreadNetns,
  threadNetnsKey,
} from "./thread/pinned-netns.ts";
