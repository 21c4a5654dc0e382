/** What became of one real packet. */
import type { Ip } from "../../addr/index.ts";
import type { Family } from "../../kernel/nftables/index.ts";

/** A packet that a container's own programs could send. */
export interface SentPacket {
  readonly protocol: "tcp" | "udp";
  readonly source: Ip;
  readonly sourcePort: number;
  readonly destination: Ip;
  readonly destinationPort: number;
}

/** Where something was seen. */
export type PacketPlace = "container" | "host";

/** Whether it was seen of the packet itself, or of what came back. */
export type PacketDirection = "request" | "answer";

/** The way that the kernel has for the packet, as it was asked. */
export interface PacketRoute {
  readonly place: PacketPlace;
  /** Where the packet is to go by then: its destination may have been translated. */
  readonly destination: Ip;
  /** Name of the link that it came in by; absent where it begins. */
  readonly input?: string;
  /** Undefined where there is no way: then `refusal` says why. */
  readonly way?: {
    /** Delivered to this very namespace. */
    readonly isLocal: boolean;
    readonly table: number;
    readonly output?: string;
    readonly gateway?: Ip;
    /** Of the route, else of the link, in bytes. */
    readonly mtu?: number;
  };
  readonly refusal?: string;
}

/** What a chain of the packet filter did. */
export interface PacketEvent {
  readonly place: PacketPlace;
  readonly direction: PacketDirection;
  readonly family: Family;
  readonly table: string;
  readonly chain: string;
  /** `rule`: one matched; `policy`: the chain's own; `return`: its end was reached; `packet`: it was entered. */
  readonly type: "packet" | "rule" | "return" | "policy";
  readonly handle?: bigint;
  /** The rule in one line, as it stands now; absent when it is gone. */
  readonly rule?: string;
  /** `drop`, `accept`, `continue`, `jump` … */
  readonly verdict: string;
  /** The chain that a jump leads to. */
  readonly target?: string;
  readonly input?: string;
  readonly output?: string;
}

/** A packet of the connection that the kernel dropped. */
export interface PacketDrop {
  readonly direction: PacketDirection;
  /** Function of the kernel. */
  readonly place: string;
  readonly reason?: string;
}

/** What came back. */
export type PacketAnswer =
  /** The connection was made, or a datagram came. */
  | { readonly kind: "answered"; readonly ms: number }
  /** Something said that it does not take it: nothing listens there, or a rule rejects. */
  | { readonly kind: "refused"; readonly ms: number }
  /** Something on the way said that it cannot be delivered, or the kernel before it left. */
  | { readonly kind: "unreachable"; readonly ms: number; readonly text: string }
  /** The container's own packet filter did not let it out. */
  | { readonly kind: "forbidden" }
  | { readonly kind: "silent"; readonly ms: number };

/** All that is known of the packet's way. */
export interface PacketStory {
  readonly packet: SentPacket;
  readonly routes: readonly PacketRoute[];
  /** In the order in which they happened, of the container's namespace and of the host's. */
  readonly events: readonly PacketEvent[];
  readonly drops: readonly PacketDrop[];
  readonly answer: PacketAnswer;
  /** The rule or policy that dropped it, where one did. */
  readonly droppedBy?: PacketEvent;
  /** What could not be looked at, a sentence each. */
  readonly missing: readonly string[];
}
