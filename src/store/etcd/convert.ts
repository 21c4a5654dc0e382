/** The port's values as etcd's messages, and back. */
import type { MessageInitShape } from "@bufbuild/protobuf";
import { quoted } from "../../base/index.ts";
import {
  type Change,
  type Condition,
  type Entry,
  type Keys,
  type LeaseId,
  StoreError,
} from "../index.ts";
import type {
  CompareSchema,
  KeyValue,
  RangeRequestSchema,
  RequestOpSchema,
} from "./messages/etcd.ts";

const EQUAL = 0;
const GREATER = 1;
/** Compares the revision that changed the key last: 0 for a key that is not there. */
const MOD = 2;

const encoder = new TextEncoder();
// What is no UTF-8 was written by others: its reader sees that it is none of its records.
const decoder = new TextDecoder();

/** Keys of the port as those of etcd, which begin with the prefix. */
export class KeySpace {
  readonly #prefix: string;

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  key(key: string): Uint8Array {
    // An empty key is none for etcd; with a prefix it would be one here and none elsewhere.
    if (key === "") throw new StoreError("refused", "a key is empty");
    return encoder.encode(this.#prefix + key);
  }

  range(keys: Keys): MessageInitShape<typeof RangeRequestSchema> {
    if ("key" in keys) return { key: this.key(keys.key) };
    const { from, end, limit = 0 } = keys;
    return { key: this.key(from), rangeEnd: this.key(end), limit: BigInt(limit) };
  }

  entry({ key, value, modRevision, lease }: KeyValue): Entry {
    return {
      key: this.name(key),
      value: decoder.decode(value),
      revision: modRevision,
      ...(lease === 0n ? {} : { lease: leaseId(lease) }),
    };
  }

  name(key: Uint8Array): string {
    return decoder.decode(key).slice(this.#prefix.length);
  }

  compare(condition: Condition): MessageInitShape<typeof CompareSchema> {
    const revision = "revision" in condition ? condition.revision : 0n;
    const isPresent = "is" in condition && condition.is === "present";
    return {
      key: this.key(condition.key),
      target: MOD,
      result: isPresent ? GREATER : EQUAL,
      targetUnion: { case: "modRevision", value: revision },
    };
  }

  change(change: Change): MessageInitShape<typeof RequestOpSchema> {
    if ("delete" in change) {
      return { request: { case: "requestDeleteRange", value: { key: this.key(change.delete) } } };
    }
    const { put, value, lease } = change;
    const request = {
      key: this.key(put),
      value: encoder.encode(value),
      lease: lease === undefined ? 0n : leaseNumber(lease),
    };
    return { request: { case: "requestPut", value: request } };
  }

  /** Reads the keys of conditions that do not hold, each once. */
  lookUp(conditions: readonly Condition[]): MessageInitShape<typeof RequestOpSchema>[] {
    return [...new Set(conditions.map(({ key }) => key))].map((key) => ({
      request: { case: "requestRange", value: { key: this.key(key) } },
    }));
  }
}

export function leaseId(lease: bigint): LeaseId {
  return lease.toString(16);
}

/** @throws StoreError "refused" for the name of no lease */
export function leaseNumber(lease: LeaseId): bigint {
  if (!/^[\da-f]{1,16}$/u.test(lease)) {
    throw new StoreError("refused", `${quoted(lease)} names no lease of etcd`);
  }
  return BigInt.asIntN(64, BigInt(`0x${lease}`));
}
