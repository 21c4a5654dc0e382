/** What the tests of the contract are given. */
import { expect } from "bun:test";
import type { Store } from "../../src/store/index.ts";

/** A new engine with nothing in it, and its clients. */
export interface ContractRig extends AsyncDisposable {
  /** A client of its own; the rig ends it. */
  client(): Store;
  /** Forgets the changes up to a revision, for watches. */
  compact(revision: bigint): Promise<void>;
  /** Lets so much time go by. */
  pass(ms: number): Promise<void>;
}

export interface ContractSubject {
  /** As `test` of bun:test, or what `needs` gives. */
  readonly test: (name: string, body: () => Promise<void>, timeoutMs?: number) => void;
  readonly rig: () => Promise<ContractRig>;
  /** How often the property-based tests run; each run uses keys of its own. */
  readonly runs: number;
}

/** A test of the contract: it has the engine for itself. */
export type ContractTest = (
  name: string,
  body: (rig: ContractRig, store: Store) => Promise<void>,
) => void;

/** The fault of a promise that is rejected with a StoreError. */
export async function faultOf(work: Promise<unknown>): Promise<unknown> {
  try {
    return { resolved: await work };
  } catch (error) {
    expect(error).toMatchObject({ name: "StoreError" });
    return (error as { fault: unknown }).fault;
  }
}
