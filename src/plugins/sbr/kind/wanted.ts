import type { Family, Ip, Prefix } from "../../../addr/index.ts";

/** An address of the interface, with the gateway that IPAM named for it. */
export interface SourceAddress {
  readonly prefix: Prefix;
  readonly gateway: Ip | undefined;
}

/** How packets are led by the address that they start from. */
export interface SourceWanted {
  /** Every address of the interface gets a rule. */
  readonly addresses: readonly SourceAddress[];
  /** A table that another program fills: then there are rules and nothing else. */
  readonly table: number | undefined;
  /** In place of the gateways that IPAM named. */
  readonly gateways: ReadonlyMap<Family, Ip>;
  /** Routes to the interface's own networks stay in the main table, with their source. */
  readonly sourceHints: boolean;
}
