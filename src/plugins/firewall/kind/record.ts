import { Ip } from "../../../addr/index.ts";
import { defined } from "../../../base/index.ts";
import type { Context } from "../../../plugin/index.ts";
import { isObject, type JsonValue } from "../../../spec/index.ts";
import { type OwnerStore, ownerRecords } from "../../../state/owner/index.ts";
import type { FirewallBackend } from "../config.ts";
import type { Attached, Trace } from "./part.ts";

/** What is noted of an attachment. */
export interface Note extends Trace {
  readonly backend: FirewallBackend;
}

/** Where it is noted how attachments are let through. */
export function firewallRecords(ctx: Pick<Context, "env">): OwnerStore {
  return ownerRecords(ctx, "firewall");
}

export function noteOf(attached: Attached): JsonValue {
  const { addresses, bridge, backend, zone, markBit, ingressPolicy } = attached;
  const isGuarded = ingressPolicy !== "open";
  return {
    addresses: addresses.map(String),
    ...{ backend, zone, markBit, isGuarded },
    ...defined({ bridge }),
  };
}

/** Undefined when it is no note of this plugin. */
export function readNote(data: JsonValue | undefined): Note | undefined {
  if (!isObject(data)) return undefined;
  const { addresses, backend, zone, bridge, isGuarded } = data;
  const markBit = Number(data["markBit"]);
  if (!Array.isArray(addresses) || !isBackend(backend) || typeof zone !== "string") {
    return undefined;
  }
  if (!Number.isInteger(markBit) || markBit < 0 || markBit > 31) return undefined;
  return {
    addresses: addresses.flatMap((text) => (typeof text === "string" && Ip.tryParse(text)) || []),
    bridge: typeof bridge === "string" ? bridge : undefined,
    ...{ backend, zone, markBit },
    ...(typeof isGuarded === "boolean" ? { isGuarded } : {}),
  };
}

function isBackend(value: unknown): value is FirewallBackend {
  return value === "own" || value === "firewalld" || value === "iptables";
}
