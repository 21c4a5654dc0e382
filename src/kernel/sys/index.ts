export { type ActivatedSocket, activatedSockets } from "./activation.ts";
export * from "./constant.ts";
export { Epoll, type EpollEvent } from "./epoll.ts";
export { Errno, errnoName, errnoText } from "./errno.ts";
export { isKernelError, KernelError, type KernelErrorDetails } from "./error.ts";
export { Fd } from "./fd.ts";
export {
  advance,
  type FileStatus,
  flock,
  fstat,
  fsync,
  ioctl,
  lockProcess,
  open,
  read,
  setModified,
  statfsMagic,
  write,
} from "./file.ts";
export { duplicate, hear, type Listener } from "./hear.ts";
export { atHome, type Home, settle, threadPlace } from "./home.ts";
export { leaveToKernel } from "./leave.ts";
export { abort, mount, setns, umount, unshare } from "./namespace.ts";
export {
  attachFilter,
  type FilterInstruction,
  inetAddress,
  packetAddress,
  packetProtocol,
} from "./packet.ts";
export {
  bind,
  getsockname,
  netlinkAddress,
  netnsCookie,
  pollIn,
  recv,
  recvfrom,
  type SenderAddress,
  send,
  setsockopt,
  socket,
  timeval,
} from "./socket.ts";
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
} from "./tun.ts";
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
} from "./unix.ts";
export { Waker } from "./waker.ts";
