import type { JsonObject } from "../json/index.ts";

/**
 * Keys this version of the specification does not know, exactly as they were read. They survive
 * every conversion; a known key never stands here.
 */
export type Extra = JsonObject;

/** An interface the network made or uses (specification, section 5). */
export interface Interface {
  name: string;
  /** Hardware address. */
  mac?: string;
  /** In bytes; from 1.1.0 on. */
  mtu?: number;
  /** Reference to the isolation domain the interface is in; absent for the host's. */
  sandbox?: string;
  /** Absolute path of the socket that stands for the interface; from 1.1.0 on. */
  socketPath?: string;
  /** Identifier of the PCI device behind the interface; from 1.1.0 on. */
  pciID?: string;
  extra?: Extra;
}

/** An address the network assigned. */
export interface IpConfig {
  /** Address with prefix length; host bits kept. */
  address: string;
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

/** A route the network installed. */
export interface Route {
  /** Destination with prefix length. */
  dst: string;
  gw?: string;
  /** Path MTU in bytes. */
  mtu?: number;
  /** Largest TCP segment to advertise, in bytes. */
  advmss?: number;
  priority?: number;
  /** Routing table; 0 is kept. */
  table?: number;
  /** 0 global, 253 link, 254 host; 0 is kept. */
  scope?: number;
  extra?: Extra;
}

/** Resolver settings the network suggests. */
export interface Dns {
  nameservers?: string[];
  domain?: string;
  search?: string[];
  options?: string[];
  extra?: Extra;
}

/**
 * What an ADD gives, in one shape for all versions: that of 1.1.0. Addresses are plain strings in
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
