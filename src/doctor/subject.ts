/** The attachment that is examined, as everything that is kept about it has it. */
import type { Ip, Prefix } from "../addr/index.ts";
import { DEFAULT_BRIDGE } from "../base/index.ts";
import type { NetnsIdentity } from "../kernel/netns/index.ts";
import {
  type Attachment,
  type Dns,
  field,
  isNumber,
  type JsonObject,
  numberOf,
  type Route,
} from "../spec/index.ts";

/** An address that an ADD has promised. */
export interface PromisedAddress {
  readonly prefix: Prefix;
  readonly gateway?: Ip;
}

/** A port of the host that leads to the container. */
export interface PublishedPort {
  readonly hostIp?: Ip;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: "tcp" | "udp" | "sctp";
}

/** An address that host-local has reserved. */
export interface Reserved {
  readonly ip: Ip;
  readonly path: string;
  readonly containerId: string;
  readonly ifName: string;
}

/** An attachment, or a namespace of which no attachment is known. */
export interface Subject extends Attachment {
  /** Path of its namespace; "" where it is not known. */
  readonly netns: string;
  readonly identity?: NetnsIdentity;
  /** Whether anything but the namespace is known. */
  readonly isKnown: boolean;
  /** False for an ADD that was cut short, or is under way. */
  readonly finished: boolean;
  readonly earlierBoot: boolean;
  readonly isCached: boolean;
  /** Whether a plugin, or the daemon, has noted it. */
  readonly isNoted: boolean;
  /** The plugins' configurations as the ADD had them; empty where they are not known. */
  readonly plugins: readonly JsonObject[];
  readonly addresses: readonly PromisedAddress[];
  readonly routes: readonly Route[];
  readonly dns: Dns;
  readonly mac?: string;
  readonly ports: readonly PublishedPort[];
  /** Reservations that it holds. */
  readonly reserved: readonly Reserved[];
  /** Whether its addresses are host-local's work, as far as is known. */
  readonly usesHostLocal: boolean;
  /** Others that live on the same network or bridge, with their addresses. */
  readonly others: readonly (Attachment & { readonly addresses: readonly Ip[] })[];
  /** What attaches it anew. */
  readonly again: string;
}

/** Where packets shall go. */
export interface Target {
  readonly ip: Ip;
  readonly port?: number;
  readonly protocol: "tcp" | "udp";
}

/** The first plugin's configuration of a type; undefined when the chain has none. */
export function pluginOf(
  { plugins }: Pick<Subject, "plugins">,
  type: string,
): JsonObject | undefined {
  return plugins.find((plugin) => field(plugin, "type") === type);
}

/** A text in a configuration; "" where it is absent, or is no text. */
export function textAt(object: JsonObject | undefined, key: string): string {
  const value = object && field(object, key);
  return typeof value === "string" ? value : "";
}

/** Whether a switch of a configuration is on. */
export function isOn(object: JsonObject | undefined, key: string): boolean {
  return object !== undefined && field(object, key) === true;
}

/** A number in a configuration; undefined where it is absent, or is none. */
export function numberAt(object: JsonObject | undefined, key: string): number | undefined {
  const value = object && field(object, key);
  return value !== undefined && isNumber(value) ? numberOf(value) : undefined;
}

/** The bridge that a plugin of that type joins; as the plugin has it where the configuration names none. */
export function bridgeNameOf(plugin: JsonObject): string {
  return textAt(plugin, "bridge") || DEFAULT_BRIDGE;
}
