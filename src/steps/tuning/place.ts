import { field, isObject, type JsonObject } from "../../spec/index.ts";
import { type OwnerRecord, OwnerStore, readBootId, stateDirectory } from "../owner/index.ts";
import type { Sides } from "../sides/index.ts";

type Env = Readonly<Record<string, string>>;

/** Which link attributes were changed, and where their backup is. */
export function linkRecords(env: Env): OwnerStore {
  return new OwnerStore({
    stateDir: stateDirectory(env),
    kind: "tuning-link",
    bootId: readBootId(),
  });
}

/** The values that sysctls had. */
export function sysctlRecords(env: Env): OwnerStore {
  return new OwnerStore({
    stateDir: stateDirectory(env),
    kind: "tuning-sysctl",
    bootId: readBootId(),
  });
}

/** Identifies the container's namespace while it lives; "" without one. */
export function netnsIdentity(sides: Sides): string {
  const { netns } = sides;
  return netns === undefined ? "" : `${netns.dev}:${netns.ino}`;
}

/** A record's data when it speaks of the namespace at hand; another one's must not be restored. */
export function dataHere(record: OwnerRecord | undefined, sides: Sides): JsonObject | undefined {
  const data = record?.data;
  if (data === undefined || !isObject(data)) return undefined;
  return field(data, "netns") === netnsIdentity(sides) ? data : undefined;
}
