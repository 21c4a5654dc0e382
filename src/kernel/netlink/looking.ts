import { NETLINK_NETFILTER, NETLINK_ROUTE, NLMSG_HDRLEN } from "./constant.ts";
import { decodeMessages } from "./message.ts";
import type { NetlinkPort } from "./port.ts";

// linux/rtnetlink.h: messages come in fours, of which the third asks.
const RTM_BASE = 16;
const RTM_GET = 2;
// linux/netfilter/nfnetlink.h and nf_tables.h: tables, chains, rules, sets, elements, generation.
const NFNL_SUBSYS_NFTABLES = 10;
const NFT_QUESTIONS: ReadonlySet<number> = new Set([1, 4, 7, 10, 13, 16, 19]);

let looksOnly = false;

/** Sockets that are opened meanwhile only ask: what would change something is an error, and not sent. */
export function openToLook<T>(open: () => T): T {
  const before = looksOnly;
  looksOnly = true;
  try {
    return open();
  } finally {
    looksOnly = before;
  }
}

/** The port as it is, or, within `openToLook`, one that lets questions pass and nothing else. */
export function guarded(protocol: number, port: NetlinkPort): NetlinkPort {
  if (!looksOnly) return port;
  return {
    get portId() {
      return port.portId;
    },
    send(datagram) {
      refuseChanges(protocol, datagram);
      port.send(datagram);
    },
    receive: (isPassing) => port.receive(isPassing),
    poll: (timeoutMs) => port.poll(timeoutMs),
    [Symbol.dispose]: () => port[Symbol.dispose](),
  };
}

function refuseChanges(protocol: number, datagram: Uint8Array): void {
  for (const { type, payload } of decodeMessages(datagram)) {
    if (isQuestion(protocol, type)) continue;
    const size = NLMSG_HDRLEN + payload.length;
    throw new Error(`a plan changes nothing: message 0x${type.toString(16)} of ${size} bytes`);
  }
}

function isQuestion(protocol: number, type: number): boolean {
  if (protocol === NETLINK_ROUTE) return (type - RTM_BASE) % 4 === RTM_GET;
  if (protocol !== NETLINK_NETFILTER) return false;
  return type >> 8 === NFNL_SUBSYS_NFTABLES && NFT_QUESTIONS.has(type & 0xff);
}
