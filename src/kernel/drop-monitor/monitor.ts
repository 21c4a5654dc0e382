import { errorText } from "../../base/index.ts";
import { findFamily, type GenericFamily, genericRequest } from "../generic/index.ts";
import { drain, NETLINK_GENERIC, NetlinkSocket } from "../netlink/index.ts";
import { Netns } from "../netns/index.ts";
import { Errno, isKernelError } from "../sys/index.ts";
import {
  type DropAlert,
  decodeAlert,
  NET_DM_ALERT_MODE_PACKET,
  NET_DM_ATTR_ALERT_MODE,
  NET_DM_ATTR_QUEUE_LEN,
  NET_DM_ATTR_SW_DROPS,
  NET_DM_ATTR_TRUNC_LEN,
  NET_DM_CMD_CONFIG,
  NET_DM_CMD_START,
  NET_DM_CMD_STOP,
} from "./alert.ts";

const FAMILY = "NET_DM";
const GROUP = "events";
const VERSION = 2;
/** Bytes of a packet that are wanted: enough for the headers. */
const TRUNCATED = 128;
/** Packets that the kernel keeps for us on each processor. */
const QUEUED = 4096;
/** The machine's own namespace: the kernel has the monitor there and nowhere else. */
const FIRST_NETNS = "/proc/1/ns/net";

/** Why there is no drop monitor. */
export class NoDropMonitor extends Error {
  override readonly name: string = "NoDropMonitor";
}

/**
 * Hears of packets that the kernel drops, of all namespaces. There is one monitor for the whole
 * machine: it is begun here and ended with this object, unless another program has begun it.
 */
export class DropMonitor implements Disposable {
  /** Hears, and does not ask: in a flood the answer would be lost. */
  readonly #socket: NetlinkSocket;
  readonly #control: NetlinkSocket;
  readonly #family: GenericFamily;
  readonly #isOurs: boolean;
  /** Whether more was reported than could be kept, or read. */
  isIncomplete = false;

  private constructor(
    socket: NetlinkSocket,
    control: NetlinkSocket,
    family: GenericFamily,
    isOurs: boolean,
  ) {
    this.#socket = socket;
    this.#control = control;
    this.#family = family;
    this.#isOurs = isOurs;
  }

  /** @throws NoDropMonitor where this kernel has none, or does not let this process have it */
  static open(netnsPath: string = FIRST_NETNS): DropMonitor {
    try {
      using netns = Netns.open(netnsPath);
      return DropMonitor.#openIn(netns);
    } catch (error) {
      if (error instanceof NoDropMonitor) throw error;
      throw new NoDropMonitor(errorText(error), { cause: error });
    }
  }

  static #openIn(netns: Netns): DropMonitor {
    const family = findFamily(FAMILY, netns);
    const group = family?.groups.get(GROUP);
    if (family === undefined || group === undefined) {
      throw new NoDropMonitor("this kernel has no drop monitor");
    }
    using stack = new DisposableStack();
    const socket = stack.use(NetlinkSocket.open(NETLINK_GENERIC, { netns, groups: [group] }));
    const control = stack.use(NetlinkSocket.open(NETLINK_GENERIC, { netns }));
    const isOurs = begin(control, family);
    stack.move();
    return new DropMonitor(socket, control, family, isOurs);
  }

  /** Drops that were reported since the last call; waits so long for a first one. */
  alerts(timeoutMs: number = 0): DropAlert[] {
    const { messages, isWhole } = drain(this.#socket, timeoutMs);
    if (!isWhole) this.isIncomplete = true;
    return messages.flatMap(({ payload }) => decodeAlert(payload) ?? []);
  }

  [Symbol.dispose](): void {
    try {
      if (this.#isOurs) {
        const stop = genericRequest(this.#family.id, NET_DM_CMD_STOP, VERSION, (writer) =>
          writer.flag(NET_DM_ATTR_SW_DROPS),
        );
        this.#control.request(stop, "end the drop monitor");
      }
    } finally {
      this.#control[Symbol.dispose]();
      this.#socket[Symbol.dispose]();
    }
  }
}

/** False when another program has begun it. */
function begin(socket: NetlinkSocket, { id }: GenericFamily): boolean {
  const configuration = genericRequest(id, NET_DM_CMD_CONFIG, VERSION, (writer) => {
    writer.u8(NET_DM_ATTR_ALERT_MODE, NET_DM_ALERT_MODE_PACKET);
    writer.u32(NET_DM_ATTR_TRUNC_LEN, TRUNCATED);
    writer.u32(NET_DM_ATTR_QUEUE_LEN, QUEUED);
  });
  const start = genericRequest(id, NET_DM_CMD_START, VERSION, (writer) =>
    writer.flag(NET_DM_ATTR_SW_DROPS),
  );
  try {
    socket.request(configuration, "configure the drop monitor");
    socket.request(start, "begin the drop monitor");
    return true;
  } catch (error) {
    // EBUSY: it cannot be configured while it runs; EAGAIN: it runs already.
    if (!isKernelError(error, Errno.EBUSY, Errno.EAGAIN)) throw error;
    return false;
  }
}
