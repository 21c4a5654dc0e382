import type { Ip } from "../../addr/index.ts";
import {
  drain,
  NETLINK_NETFILTER,
  NetlinkSocket,
  type NetlinkSocketOptions,
} from "../netlink/index.ts";
import { isKernelError } from "../sys/index.ts";
import { Batch } from "./batch.ts";
import type { HookName } from "./chain.ts";
import { compose } from "./compose.ts";
import type { IpProto } from "./datatype.ts";
import type { Expression } from "./expr/index.ts";
import type { Family } from "./family.ts";
import { NftMessage, nftType } from "./header.ts";
import { addressMatch, portMatch } from "./match.ts";
import { setTrace } from "./statement.ts";
import { decodeTrace, type TraceEvent } from "./trace-event.ts";
import { runTransaction } from "./transaction.ts";

/** The packets of one direction between two ports. */
export interface TracedFlow {
  readonly protocol: keyof typeof IpProto;
  readonly source: Ip;
  readonly sourcePort: number;
  readonly destination: Ip;
  readonly destinationPort: number;
}

/** Multicast group of traces (`enum nfnetlink_groups`). */
const NFNLGRP_NFTRACE = 9;

/** Before every chain that any program is known to make, those before conntrack's own work included. */
const FIRST = -1_000_000;

/** Where packets begin their way: from a link, and from the namespace's own sockets. */
const HOOKS: readonly HookName[] = ["prerouting", "output"];

const TYPE = nftType(NftMessage.TRACE);

/**
 * Traces the packets of some flows in one namespace. For that it needs a rule of its own, in a table that
 * belongs to its socket: the kernel removes it with the socket, also when the process is killed, and
 * lets nothing else change it. Nothing that is there is touched.
 */
export class PacketTrace implements Disposable {
  readonly #socket: NetlinkSocket;
  /** Whether the bridges of the namespace are traced: not every kernel can. */
  readonly tracesBridges: boolean;
  /** Whether more was reported than could be kept, or read. */
  isIncomplete = false;

  private constructor(socket: NetlinkSocket, tracesBridges: boolean) {
    this.#socket = socket;
    this.tracesBridges = tracesBridges;
  }

  /**
   * Begins in a namespace, in the thread's own when absent.
   * @throws NftablesError where the kernel refuses; before Linux 5.12 with EINVAL or EOPNOTSUPP
   */
  static open(
    flows: readonly TracedFlow[],
    netns?: NonNullable<NetlinkSocketOptions["netns"]>,
  ): PacketTrace {
    const socket = NetlinkSocket.open(NETLINK_NETFILTER, { netns, groups: [NFNLGRP_NFTRACE] });
    try {
      const name = `hawser-trace-${socket.portId}`;
      layTable(socket, "inet", name, flows);
      return new PacketTrace(socket, layBridge(socket, name, flows));
    } catch (error) {
      socket[Symbol.dispose]();
      throw error;
    }
  }

  /** What has been reported since the last call, in order; waits so long for a first event. */
  events(timeoutMs: number = 0): TraceEvent[] {
    const { messages, isWhole } = drain(this.#socket, timeoutMs);
    if (!isWhole) this.isIncomplete = true;
    return messages.flatMap((message) => {
      const event = message.type === TYPE ? decodeTrace(message) : undefined;
      return event === undefined || isOwn(event) ? [] : [event];
    });
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}

/** Our own rule is the first that is reported. */
function isOwn({ table }: TraceEvent): boolean {
  return table.startsWith("hawser-trace-");
}

function layBridge(socket: NetlinkSocket, name: string, flows: readonly TracedFlow[]): boolean {
  try {
    layTable(socket, "bridge", name, flows);
    return true;
  } catch (error) {
    if (isKernelError(error)) return false;
    throw error;
  }
}

function layTable(
  socket: NetlinkSocket,
  family: Family,
  table: string,
  flows: readonly TracedFlow[],
): void {
  const batch = new Batch();
  batch.addTable({ family, name: table, isOwned: true });
  for (const hook of HOOKS) {
    const id = { family, table, name: hook };
    batch.addChain({ ...id, hook: { type: "filter", hook, priority: FIRST } });
    for (const flow of flows) {
      const expressions = compose(flowMatch(family, flow), setTrace());
      batch.addRule({ family, table, chain: hook, expressions });
    }
  }
  runTransaction(socket, batch.commands);
}

function flowMatch(family: Family, flow: TracedFlow): Expression[] {
  const { protocol, source, sourcePort, destination, destinationPort } = flow;
  return compose(
    addressMatch(family, source, "saddr"),
    addressMatch(family, destination, "daddr"),
    portMatch(protocol, "sport", sourcePort),
    portMatch(protocol, "dport", destinationPort),
  );
}
