import { findFamily } from "../generic/index.ts";
import { NETLINK_GENERIC, NetlinkSocket, type NetlinkSocketOptions } from "../netlink/index.ts";
import { Errno, isKernelError } from "../sys/index.ts";
import {
  type Device,
  type DeviceChange,
  decodeDevice,
  getMessage,
  setMessages,
} from "./message.ts";

const FAMILY = "wireguard";

/** A conversation about WireGuard devices of one network namespace. */
export class WireguardSocket implements Disposable {
  readonly #socket: NetlinkSocket;
  readonly #family: number;

  private constructor(socket: NetlinkSocket, family: number) {
    this.#socket = socket;
    this.#family = family;
  }

  /** Undefined where the kernel has no WireGuard, or has not loaded it: a device that is made loads it. */
  static open(netns?: NetlinkSocketOptions["netns"]): WireguardSocket | undefined {
    const family = findFamily(FAMILY, netns);
    if (family === undefined) return undefined;
    return new WireguardSocket(NetlinkSocket.open(NETLINK_GENERIC, { netns }), family.id);
  }

  /** A device with its peers; undefined when no WireGuard device has this index. */
  get(index: number): Device | undefined {
    try {
      return decodeDevice(
        this.#socket.dump(getMessage(this.#family, index), `get WireGuard device ${index}`),
      );
    } catch (error) {
      if (isKernelError(error, Errno.ENODEV, Errno.EOPNOTSUPP)) return undefined;
      throw error;
    }
  }

  /** Changes a device and its peers; gives how many messages that took. */
  set(change: DeviceChange): number {
    const messages = setMessages(this.#family, change);
    for (const message of messages) {
      this.#socket.request(message, `set WireGuard device ${change.index}`);
    }
    return messages.length;
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}
