import type { Ip } from "../../../addr/index.ts";
import type { Attachment } from "../../../spec/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";

/** Who lets packets through: our own layout, firewalld too, or iptables alone. */
export type FirewallBackend = "own" | "firewalld" | "iptables";

/** Who may begin connections to containers behind a bridge. */
export const INGRESS_POLICIES = ["open", "same-bridge", "isolated"] as const;
export type IngressPolicy = (typeof INGRESS_POLICIES)[number];

/** How an attachment is to be let through. */
export interface FirewallSettings {
  readonly backend: FirewallBackend;
  readonly ingressPolicy: IngressPolicy;
  /** The chain of iptables in which an administrator overrules what containers are allowed. */
  readonly adminChain: string;
  /** The zone of firewalld that containers belong to. */
  readonly zone: string;
  /** Bit of the packet mark, 0 to 31, by which our own layout tells iptables whom to accept. */
  readonly markBit: number;
}

/** An attachment that the host's firewall lets through. */
export interface Firewall {
  readonly namespaces: Namespaces;
  readonly owner: Attachment;
  readonly env: Readonly<Record<string, string>>;
  readonly settings: FirewallSettings;
  readonly addresses: readonly Ip[];
  /** The bridge that the container is behind; undefined when the result names none. */
  readonly bridge: string | undefined;
  readonly log: (text: string) => void;
}

/** The IP versions among the addresses. */
export function familiesOf(addresses: readonly Ip[]): (4 | 6)[] {
  return ([4, 6] as const).filter((family) => addresses.some((ip) => ip.family === family));
}
