import { connect, type Fd, netlinkAddress } from "../sys/index.ts";

const KERNEL = netlinkAddress(0, 0);

/**
 * Gives a netlink socket a port, and the kernel as its other end. What another process sends to the port is refused
 * to it: in a namespace where it has CAP_NET_ADMIN, as containers may, it would fill the socket otherwise.
 */
export function connectToKernel(fd: Fd): void {
  connect(fd, KERNEL);
}
