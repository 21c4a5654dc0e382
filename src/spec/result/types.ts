import type { JsonObject } from "../json/index.ts";

/**
 * Keys this version of the specification does not know, exactly as they were read. They survive
 * every conversion; a known key never stands here.
 */
export type Extra = JsonObject;

/** An interface the network made or uses (specification, section 5). */
export interface Interface {
  /** Its name in its namespace. */
  name: string;
  /** Hardware address, as the plugin wrote it. */
  mac?: string;
  /** Largest packet, in bytes; from 1.1.0 on. */
  mtu?: number;
  /** Reference to the isolation domain the interface is in; absent for the host's. */
  sandbox?: string;
  /** Absolute path of the socket that stands for the interface; from 1.1.0 on. */
  socketPath?: string;
  /** Identifier of the PCI device behind the interface; from 1.1.0 on. */
  pciID?: string;
  extra?: Extra;
}

/** An address the network assigned (specification, section 5). */
export interface IpConfig {
  /** Address with prefix length; host bits kept. */
  address: string;
  /** Address of the subnet's default gateway, if it has one. */
  gateway?: string;
  /** Index into the result's `interfaces`; may point nowhere. */
  interface?: number;
  /**
   * "4" or "6" as a result of 0.3.0 to 0.4.0 wrote it (empty when it did not), or the place in one
   * of 0.1.0 or 0.2.0. Leave it out in new results: the address tells.
   */
  version?: string;
  extra?: Extra;
}

/** A route the network installed (specification, section 5). */
export interface Route {
  /** Destination with prefix length. */
  dst: string;
  /** Next hop; absent: the gateway of the address, or none. */
  gw?: string;
  /** Path MTU in bytes. */
  mtu?: number;
  /** Largest TCP segment to advertise, in bytes. */
  advmss?: number;
  /** Metric; the lower one is preferred. */
  priority?: number;
  /** Routing table; 0 is kept. */
  table?: number;
  /** 0 global, 253 link, 254 host; 0 is kept. */
  scope?: number;
  extra?: Extra;
}

/** Resolver settings the network suggests (specification, section 5). */
export interface Dns {
  /** Addresses of name servers, the preferred one first. */
  nameservers?: string[];
  /** The domain in which short names are looked up. */
  domain?: string;
  /** Further domains for that, the preferred one first. */
  search?: string[];
  /** Options of the resolver, as in resolv.conf. */
  options?: string[];
  extra?: Extra;
}

/**
 * What an ADD gives (specification, section 5), in one shape for all versions: that of 1.1.0. Addresses are plain strings in
 * canonical form. `cniVersion` is the version it was read as.
 */
export interface Result {
  cniVersion: string;
  interfaces: Interface[];
  ips: IpConfig[];
  routes: Route[];
  dns: Dns;
  extra?: Extra;
}
