import { Prefix } from "../../../addr/index.ts";
import type { Context } from "../../../plugin/index.ts";
import { type Attachment, isObject, type JsonObject, type JsonValue } from "../../../spec/index.ts";
import { netnsOfAdd, netnsToJson } from "../../../state/netns-record/index.ts";
import { netnsOfCall } from "../../../state/nft-sets/index.ts";
import { type OwnerStore, ownerRecords } from "../../../state/owner/index.ts";
import { BACKENDS, type Backend } from "../config.ts";
import { targetFromJson, targetToJson } from "./mapping.ts";
import { type Mapped, SNAT, type Snat } from "./own.ts";

/** What is noted of an attachment: all that the removal of its layout needs. */
export interface PortRecord extends Omit<Mapped, "snat"> {
  readonly backend: Backend;
  /** What may have been masqueraded: one, or where it was not noted each. */
  readonly snat: readonly Snat[];
}

/** The kind of the owner records. */
export const PORTS = "ports";

/** Where it is noted which ports lead to an attachment. */
export function portRecords(ctx: Pick<Context, "env">): OwnerStore {
  return ownerRecords(ctx, PORTS);
}

/** Whether the container has mappings on another interface of the network in the same layout. */
export function hasOtherInterface(records: OwnerStore, owner: Attachment): boolean {
  return records.list(owner.network).some(({ containerId, ifName, isStale, data }) => {
    const isOther = containerId === owner.containerId && ifName !== owner.ifName && !isStale;
    return isOther && recordFromJson(data)?.backend !== "own";
  });
}

/** What is noted before a layout is made. */
export function noteOf(
  ctx: Context,
  owner: Attachment,
  made: Mapped & Pick<PortRecord, "backend">,
): JsonObject {
  const { targets, addresses, snat, except, backend } = made;
  const note = {
    backend,
    targets: targets.map(targetToJson),
    addresses: addresses.map(String),
    snat,
    except: except.map(String),
  };
  // A later ADD for the same port has to know whether this container lives. Our own interface
  // plugins note the namespace themselves.
  const netns = netnsOfAdd(ctx, owner) === undefined ? netnsOfCall(ctx) : undefined;
  return netns === undefined ? note : { ...note, netns: netnsToJson(netns) };
}

/** Undefined when it is no record of ours. */
export function recordFromJson(data: JsonValue | undefined): PortRecord | undefined {
  if (data === undefined || !isObject(data)) return undefined;
  const { targets, addresses, snat: noted } = data;
  if (!Array.isArray(targets) || !Array.isArray(addresses)) return undefined;
  return {
    targets: targets.flatMap((json) => targetFromJson(json) ?? []),
    backend: BACKENDS.find((each) => each === data["backend"]) ?? "own",
    addresses: prefixesOf(addresses),
    except: prefixesOf(data["except"]),
    snat: SNAT.includes(noted as Snat) ? [noted as Snat] : SNAT,
  };
}

function prefixesOf(list: JsonValue | undefined): Prefix[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((text) => (typeof text === "string" && Prefix.tryParse(text)) || []);
}
