/** Deliberate faults of the protocol, put between a member and its ports: the simulation has to find each. */
import type { Clock, HoldingState, NodeFiles, Picture } from "../../src/fleet/index.ts";
import type { CallOptions, Condition, Store } from "../../src/store/index.ts";
import type { AddOptions } from "./attachments.ts";
import type { Machine } from "./machine.ts";

export interface Mutant {
  readonly store?: (store: Store) => Store;
  readonly files?: (files: NodeFiles, machine: Machine) => NodeFiles;
  readonly clock?: (clock: Clock) => Clock;
  readonly add?: Pick<AddOptions, "isBlind" | "isTimeless">;
}

export const MUTANTS: Readonly<Record<string, Mutant>> = {
  "the hold is not checked": { add: { isTimeless: true } },
  "the fence is left out": { files: (files) => rewriting(files, unfenced) },
  "a lost holding is served": {
    files: (files) => rewriting(files, (picture) => served(picture, "lost")),
  },
  "there is no quarantine": { store: (store) => new Bent(store, { elapsedMs: 1e12 }) },
  "the revision of a block is not compared": {
    store: (store) => new Bent(store, { ignores: /\/block\// }),
  },
  "the moment of the answer counts as confirmed": {
    files: (files, machine) => {
      return rewriting(files, (picture) => {
        const { confirmed } = picture;
        if (confirmed === undefined) return picture;
        return { ...picture, confirmed: { ...confirmed, atMs: machine.now() } };
      });
    },
  },
};

function unfenced(picture: Picture): Picture {
  return served(picture, "leaving");
}

/** The picture with the holdings of this state as if they were held. */
function served(picture: Picture, state: HoldingState): Picture {
  const subnets = picture.subnets.map((subnet) => {
    const holdings = subnet.holdings.map((holding) => {
      return holding.state === state ? { ...holding, state: "held" as const } : holding;
    });
    return { ...subnet, holdings };
  });
  return { ...picture, subnets };
}

function rewriting(files: NodeFiles, change: (picture: Picture) => Picture): NodeFiles {
  return {
    read: () => files.read(),
    update: (work) => {
      return files.update((picture, reserved) => {
        const done = work(picture, reserved);
        return done.picture === undefined ? done : { ...done, picture: change(done.picture) };
      });
    },
  };
}

interface Bend {
  /** Conditions on such keys are left out. */
  readonly ignores?: RegExp;
  /** What each count of a quarantine is read as. */
  readonly elapsedMs?: number;
}

/** A store whose client leaves something out. */
class Bent implements Store {
  readonly #store: Store;
  readonly #bend: Bend;
  readonly identify: Store["identify"];
  readonly grant: Store["grant"];
  readonly renew: Store["renew"];
  readonly revoke: Store["revoke"];
  readonly watch: Store["watch"];

  constructor(store: Store, bend: Bend) {
    this.#store = store;
    this.#bend = bend;
    this.identify = (options) => store.identify(options);
    this.grant = (seconds, options) => store.grant(seconds, options);
    this.renew = (lease, options) => store.renew(lease, options);
    this.revoke = (lease, options) => store.revoke(lease, options);
    this.watch = (keys, from, options) => store.watch(keys, from, options);
  }

  async read(keys: Parameters<Store["read"]>[0], options?: CallOptions): ReturnType<Store["read"]> {
    const snapshot = await this.#store.read(keys, options);
    const { elapsedMs } = this.#bend;
    if (elapsedMs === undefined) return snapshot;
    const entries = snapshot.entries.map((entry) => {
      if (!entry.key.includes("/quarantine/")) return entry;
      return { ...entry, value: JSON.stringify({ ...JSON.parse(entry.value), elapsedMs }) };
    });
    return { ...snapshot, entries };
  }

  transact(
    conditions: readonly Condition[],
    changes: Parameters<Store["transact"]>[1],
    options?: CallOptions,
  ): ReturnType<Store["transact"]> {
    const { ignores } = this.#bend;
    const kept = conditions.filter(({ key }) => ignores?.test(key) !== true);
    return this.#store.transact(kept, changes, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store[Symbol.asyncDispose]();
  }
}
