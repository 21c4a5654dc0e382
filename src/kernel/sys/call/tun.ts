import { O_RDWR } from "./constant.ts";
import type { Fd } from "./fd.ts";
import { ioctl, open } from "./file.ts";

// linux/if_tun.h. All but TUNSETIFF take their number by value.
const TUNSETIFF = 0x400454ca; // _IOW('T', 202, int)
const TUNSETPERSIST = 0x400454cb; // _IOW('T', 203, int)
const TUNSETOWNER = 0x400454cc; // _IOW('T', 204, int)
const TUNSETGROUP = 0x400454ce; // _IOW('T', 206, int)

// linux/if_tun.h
export const IFF_TAP = 0x0002;
export const IFF_MULTI_QUEUE = 0x0100;
export const IFF_NO_PI = 0x1000;
export const IFF_TUN_EXCL = 0x8000;

/** The clone device of the tun driver. */
export const TUN_DEVICE = "/dev/net/tun";

// struct ifreq: a name of IFNAMSIZ bytes, then a union of 24 bytes.
const IFREQ_SIZE = 40;
const IFNAMSIZ = 16;

/** Opens the clone device: what it attaches to is of the namespace that the thread is in now. */
export function openTun(): Fd {
  return open(TUN_DEVICE, O_RDWR);
}

/**
 * TUNSETIFF: attaches the descriptor to the tun or tap link of this name, which is made when there
 * is none. With IFF_TUN_EXCL an existing link of the name, of whatever kind, gives EBUSY.
 */
export function setTunInterface(fd: Fd, name: string, flags: number): void {
  const bytes = new TextEncoder().encode(name);
  if (bytes.length === 0 || bytes.length >= IFNAMSIZ || bytes.includes(0)) {
    throw new RangeError(`no name of a link: ${JSON.stringify(name)}`);
  }
  const request = new Uint8Array(IFREQ_SIZE);
  request.set(bytes);
  new DataView(request.buffer).setUint16(IFNAMSIZ, flags, true);
  ioctl(fd, TUNSETIFF, request);
}

/** TUNSETOWNER: the user that may attach to the link without privilege. */
export function setTunOwner(fd: Fd, uid: number): void {
  ioctl(fd, TUNSETOWNER, uid);
}

/** TUNSETGROUP: the group whose members may attach to the link without privilege. */
export function setTunGroup(fd: Fd, gid: number): void {
  ioctl(fd, TUNSETGROUP, gid);
}

/** TUNSETPERSIST: whether the link stays when the last descriptor is closed. */
export function setTunPersistent(fd: Fd, persistent: boolean): void {
  ioctl(fd, TUNSETPERSIST, persistent ? 1 : 0);
}
