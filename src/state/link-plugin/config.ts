import type { Dns, Result } from "../../spec/index.ts";

/** What the configuration of any plugin that makes a link says. */
export interface LinkConfig {
  /** Type of the IPAM plugin; "" for none. */
  readonly ipamType: string;
  /** The link has addresses from elsewhere, too: the IPAM plugin may give none. */
  readonly mayLackAddresses?: boolean | undefined;
  /** Takes the place of IPAM's resolver settings. */
  readonly dns?: Dns | undefined;
  /** Addresses of an earlier plugin of the list, where there is no IPAM plugin. */
  readonly given?: Result | undefined;
  /** The link is for a program that drives it by itself: no addresses are set. */
  readonly unconfigured?: boolean | undefined;
  /** Others on the same wire may have the addresses: ADD waits until IPv6 has asked them. */
  readonly detectDuplicates?: boolean | undefined;
  /** The interface takes router advertisements; absent: unless IPAM gives it an IPv6 address. */
  readonly acceptRA?: boolean | undefined;
  /** The interface forms IPv6 addresses from router advertisements, and ADD waits for them. */
  readonly slaac?: boolean | undefined;
  /** Only the gateway is on the link: it is the way to the addresses' subnets too. */
  readonly pointToPoint?: boolean | undefined;
}
