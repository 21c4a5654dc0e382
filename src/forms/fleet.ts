import type { FleetSideForm } from "./network.ts";

/** A network of a fleet as the store and this node have it. */
export interface FleetForm {
  readonly network: string;
  readonly overlay: string;
  readonly side: FleetSideForm;
  /** Absent when the store does not answer: `away` says why. */
  readonly nodes?: readonly FleetNodeForm[] | undefined;
  readonly blocks?: readonly FleetBlockForm[] | undefined;
  readonly subnets?: readonly FleetSubnetForm[] | undefined;
  readonly halt?: { readonly reason: string; readonly by: string } | undefined;
  readonly away?: string | undefined;
  /** The ways to other nodes that this node keeps, as the kernel has them. */
  readonly tunnels: readonly TunnelForm[];
}

export interface FleetNodeForm {
  readonly node: string;
  readonly state: "alive" | "dead" | "given up" | "forgotten" | "unknown";
  readonly epoch?: number | undefined;
  /** Prefixes, in all of its epochs. */
  readonly holds: readonly string[];
  readonly addresses: number;
  readonly underlay?: string | undefined;
  readonly gateways?: readonly string[] | undefined;
  readonly version?: string | undefined;
  /** How long it has been seen dead. */
  readonly deadMs?: number | undefined;
}

/** A part of a block that has been used. */
export interface FleetBlockForm {
  readonly block: string;
  readonly prefix: string;
  /** Absent for a part that is free. */
  readonly node?: string | undefined;
  readonly epoch?: number | undefined;
}

export interface FleetSubnetForm {
  readonly subnet: string;
  readonly blockSize: number;
  /** That have ever been used. */
  readonly blocks: number;
  /** That containers and gateways may have. */
  readonly size: number;
  /** By nodes alive. */
  readonly held: number;
  /** By dead nodes. */
  readonly resting: number;
  readonly free: number;
}

export interface TunnelForm {
  readonly node: string;
  readonly underlay: string;
  readonly device?: string | undefined;
  readonly prefixes: readonly string[];
}
