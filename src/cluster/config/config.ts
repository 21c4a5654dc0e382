import * as v from "valibot";
import { defined, quoted } from "../../base/index.ts";
import type { FleetConfig } from "../../fleet/index.ts";
import { type Context, decode, rule, says } from "../../plugin/index.ts";
import { checkNetworkName, invalidConfig } from "../../spec/index.ts";
import { ipamObject, requiredIpam } from "../../state/ipam-config/index.ts";
import { DURATION, parseDuration } from "./duration.ts";
import {
  type KeysOf,
  type OverlayConfig,
  type OverlayKeys,
  overlayKeys,
  parseOverlay,
} from "./overlay.ts";
import { type ClusterPlace, DEFAULT_DATA_DIR } from "./place.ts";
import { parseStore, type StoreKeys, type StoreOptions, storeSchema } from "./store.ts";
import { parseSubnets, type SubnetKeys } from "./subnets.ts";

const DEFAULT_QUARANTINE = "24h";
const DEFAULT_LEASE = "30s";
const DEFAULT_REST = "10m";
const NEVER = "never";
const LEASE_MIN_MS = 2000;
const LEASE_MAX_MS = 3_600_000;
/** A node whose lease has just ended may still be about to renew it. */
const QUARANTINE_LEASES = 2;

const NAME = "^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,62}$";

const subnetText = v.pipe(v.string(), says({ $ref: "#/$defs/subnet" }));
const blockSize = v.optional(v.pipe(v.number(), v.integer()));

/** The keys that say where the node's files lie. */
export interface PlaceKeys {
  readonly network: string;
  readonly dataDir: string;
}

/** The keys by which a node takes part in a fleet. */
export interface ClusterKeys extends PlaceKeys, SubnetKeys, OverlayKeys {
  readonly store: StoreKeys;
  readonly quarantine: string;
  readonly lease: string;
  readonly rest: string;
  readonly node?: string | undefined;
}

const place: KeysOf<PlaceKeys> = {
  network: v.pipe(
    v.optional(v.string(), ""),
    rule({ pattern: `^$|${NAME}` }, (name) => {
      if (name !== "") checkName("network", name);
    }),
    v.description("Name of the fleet's network, the same on every node; else the network's name."),
  ),
  dataDir: v.pipe(
    v.optional(v.string(), ""),
    rule({ pattern: String.raw`^$|^/[^\0]*$` }, (text) => {
      if (text === "" || (text.startsWith("/") && !text.includes("\0"))) return;
      throw invalidConfig(`"dataDir" is ${quoted(text)}, expected an absolute path`);
    }),
    v.description(
      `Directory of the node's part, kept over restarts; else \`${DEFAULT_DATA_DIR}\`.`,
    ),
  ),
};

/** The same in `ipam`, with their descriptions. */
export const clusterKeys: KeysOf<ClusterKeys> = {
  ...place,
  subnet: v.pipe(
    v.optional(subnetText),
    v.description("The fleet's addresses, without host bits; the same on every node."),
  ),
  subnets: v.pipe(
    v.optional(v.array(subnetText), []),
    says({ maxItems: 2 }),
    v.description(
      "The same for dual stack: one of each family. A container gets one address of each.",
    ),
  ),
  blockSize: v.pipe(
    blockSize,
    says({ minimum: 1, maximum: 32 }),
    v.description("Prefix length of the blocks that nodes get of the IPv4 subnet; else 26."),
  ),
  blockSize6: v.pipe(
    blockSize,
    says({ minimum: 1, maximum: 128 }),
    v.description("Prefix length of the blocks that nodes get of the IPv6 subnet; else 122."),
  ),
  store: storeSchema,
  ...overlayKeys,
  quarantine: v.pipe(
    v.optional(v.string(), DEFAULT_QUARANTINE),
    says({ pattern: `^${NEVER}$|${DURATION}` }),
    v.description(
      `How long a node must have been dead before others take its blocks, such as \`24h\`; \`${NEVER}\` leaves them to \`hawser cluster forget\`.`,
    ),
  ),
  lease: v.pipe(
    v.optional(v.string(), DEFAULT_LEASE),
    says({ pattern: DURATION }),
    v.description("How long after its last word a node counts as dead."),
  ),
  rest: v.pipe(
    v.optional(v.string(), DEFAULT_REST),
    says({ pattern: DURATION }),
    v.description("How long an empty block rests before it is given back."),
  ),
  node: v.pipe(
    v.optional(
      v.pipe(
        v.string(),
        rule({ pattern: NAME }, (id) => checkName("node", id)),
      ),
    ),
    v.description("The node's id, of which no other node has the same; else the host's name."),
  ),
};

const everyKey = v.object({ ...clusterKeys });
const placeKeys = v.object({ ...place });

/** This node's part in one fleet's network, as its configuration says, checked. */
export interface ClusterConfig {
  readonly fleet: FleetConfig;
  readonly store: StoreOptions;
  readonly overlay: OverlayConfig;
  readonly place: ClusterPlace;
  /** The node's id where the configuration has it. */
  readonly node?: string;
}

/** What of a call names the network: a network configuration with `ipam`. */
export type Configured = Pick<Context, "config" | "network">;

/**
 * Reads and judges `ipam` of a network configuration.
 * @throws CniError of code 7
 */
export function parseCluster(ctx: Configured): ClusterConfig {
  return clusterOf(ctx, decode(everyKey, requiredIpam(ctx), "ipam"));
}

/**
 * The same of keys that are decoded already.
 * @throws CniError of code 7
 */
export function clusterOf(ctx: Configured, keys: ClusterKeys): ClusterConfig {
  const network = networkOf(ctx, keys.network);
  const subnets = parseSubnets(keys);
  const store = parseStore(keys.store);
  const overlay = parseOverlay(network, keys, store.kind === "files" ? "none" : "vxlan");
  const leaseMs = parseDuration("lease", keys.lease);
  if (leaseMs < LEASE_MIN_MS || leaseMs > LEASE_MAX_MS) {
    throw invalidConfig(`invalid lease ${keys.lease}`, "expected a time from 2s to 1h");
  }
  return {
    fleet: {
      network,
      subnets: subnets.map(({ subnet }) => subnet),
      blockSizes: subnets.map((each) => each.blockSize),
      quarantineMs: parseQuarantine(keys.quarantine, leaseMs),
      leaseSeconds: Math.ceil(leaseMs / 1000),
      restMs: parseDuration("rest", keys.rest),
      overlay: overlay.kind,
    },
    store,
    overlay,
    place: placeOf(ctx, keys),
    ...defined({ node: keys.node }),
  };
}

/** Where the node's files lie: all that DEL and GC need of the configuration. */
export function parsePlace(ctx: Configured): ClusterPlace {
  return placeOf(ctx, decode(placeKeys, ipamObject(ctx) ?? {}, "ipam"));
}

function placeOf(ctx: Configured, keys: PlaceKeys): ClusterPlace {
  const dataDir = keys.dataDir === "" ? DEFAULT_DATA_DIR : keys.dataDir;
  return { dataDir, network: networkOf(ctx, keys.network) };
}

/** It becomes a directory and a part of the store's keys. */
function networkOf(ctx: Configured, name: string): string {
  const network = name === "" ? ctx.network : name;
  checkNetworkName(network);
  checkName("network", network);
  return network;
}

function checkName(what: string, name: string): void {
  if (new RegExp(NAME, "u").test(name)) return;
  throw invalidConfig(
    `invalid name of a ${what}: ${quoted(name)}`,
    'expected at most 63 letters, digits, ".", "-" and "_", the first a letter or digit',
  );
}

function parseQuarantine(text: string, leaseMs: number): number | undefined {
  if (text === NEVER) return undefined;
  const quarantineMs = parseDuration("quarantine", text);
  if (quarantineMs >= QUARANTINE_LEASES * leaseMs) return quarantineMs;
  throw invalidConfig(
    `quarantine ${text} is too short for a lease of ${leaseMs / 1000}s`,
    `expected "${NEVER}" or at least ${QUARANTINE_LEASES} leases`,
  );
}
