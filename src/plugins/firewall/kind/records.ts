import { Ip } from "../../../addr/index.ts";
import { isObject, type JsonValue } from "../../../spec/index.ts";
import { OwnerStore, readBootId, stateDirectory } from "../../../state/owner/index.ts";
import type { Firewall, FirewallBackend, FirewallSettings } from "./firewall.ts";

type Env = Readonly<Record<string, string>>;

/** What is noted of an attachment: all that its removal needs. */
export interface FirewallRecord {
  readonly addresses: readonly Ip[];
  readonly bridge: string | undefined;
  readonly settings: Pick<FirewallSettings, "backend" | "zone" | "markBit">;
}

/** Where it is noted how attachments are let through. */
export function firewallRecords(env: Env): OwnerStore {
  return storeOf(env, "firewall");
}

/** Where it is noted whose an address is that rules without an owner's name are for. */
export function claimRecords(env: Env): OwnerStore {
  return storeOf(env, "firewall-claims");
}

function storeOf(env: Env, kind: string): OwnerStore {
  return new OwnerStore({ stateDir: stateDirectory(env), kind, bootId: readBootId() });
}

export function noteOf({ addresses, bridge, settings }: Firewall): JsonValue {
  const { backend, zone, markBit } = settings;
  const note = { addresses: addresses.map(String), backend, zone, markBit };
  return bridge === undefined ? note : { ...note, bridge };
}

/** Undefined when it is no note of ours. */
export function readNote(data: JsonValue | undefined): FirewallRecord | undefined {
  if (data === undefined || !isObject(data)) return undefined;
  const { addresses, backend, zone, markBit, bridge } = data;
  if (!Array.isArray(addresses) || !isBackend(backend) || typeof zone !== "string")
    return undefined;
  const bit = Number(markBit);
  if (!Number.isInteger(bit) || bit < 0 || bit > 31) return undefined;
  return {
    addresses: addresses.flatMap((text) => {
      const ip = typeof text === "string" ? Ip.tryParse(text) : undefined;
      return ip === undefined ? [] : [ip];
    }),
    bridge: typeof bridge === "string" ? bridge : undefined,
    settings: { backend, zone, markBit: bit },
  };
}

function isBackend(value: unknown): value is FirewallBackend {
  return value === "own" || value === "firewalld" || value === "iptables";
}
