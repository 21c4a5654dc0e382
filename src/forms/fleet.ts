import { type FleetSideForm, fleetSideSchema } from "./network.ts";
import { list, maybe, number, object, one, type Schema, text } from "./schema.ts";

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
  /** Free addresses in each subnet, at least so many; known of nodes where addresses are short. */
  readonly free?: readonly number[] | undefined;
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

export const fleetNodeSchema: Schema<FleetNodeForm> = object<FleetNodeForm>({
  node: text(),
  state: one(["alive", "dead", "given up", "forgotten", "unknown"]),
  epoch: maybe(number()),
  holds: list(text(), "Prefixes, in all of its epochs."),
  addresses: number(),
  underlay: maybe(text()),
  gateways: maybe(list(text())),
  version: maybe(text()),
  deadMs: maybe(number("How long it has been seen dead.")),
  free: maybe(list(number(), "Free addresses in each subnet, at least so many.")),
});

export const fleetBlockSchema: Schema<FleetBlockForm> = object<FleetBlockForm>({
  block: text(),
  prefix: text(),
  node: maybe(text("Absent for a part that is free.")),
  epoch: maybe(number()),
});

export const fleetSubnetSchema: Schema<FleetSubnetForm> = object<FleetSubnetForm>(
  {
    subnet: text(),
    blockSize: number(),
    blocks: number("That have ever been used."),
    size: number("That containers and gateways may have."),
    held: number("By nodes alive."),
    resting: number("By dead nodes."),
    free: number(),
  },
  "A subnet of a fleet, counted in addresses; numbers above 2^53 are rounded.",
);

export const tunnelSchema: Schema<TunnelForm> = object<TunnelForm>({
  node: text(),
  underlay: text(),
  device: maybe(text()),
  prefixes: list(text()),
});

export const fleetSchema: Schema<FleetForm> = object<FleetForm>({
  network: text(),
  overlay: text(),
  side: fleetSideSchema,
  nodes: maybe(list(fleetNodeSchema)),
  blocks: maybe(list(fleetBlockSchema)),
  subnets: maybe(list(fleetSubnetSchema)),
  halt: maybe(object<{ reason: string; by: string }>({ reason: text(), by: text() })),
  away: maybe(text("Why the store's part is absent.")),
  tunnels: list(
    tunnelSchema,
    "The ways to other nodes that this node keeps, as the kernel has them.",
  ),
});

/** The fleets that this node takes part in. */
export interface FleetsForm {
  readonly fleets: readonly FleetForm[];
  readonly problems: readonly string[];
}

export const fleetsSchema: Schema<FleetsForm> = object<FleetsForm>({
  fleets: list(fleetSchema),
  problems: list(text(), "What could not be read."),
});
