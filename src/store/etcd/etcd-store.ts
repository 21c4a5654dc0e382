import { ConnectError } from "@connectrpc/connect";
import {
  type Batch,
  type CallOptions,
  type Change,
  type Condition,
  checkTransaction,
  type Identity,
  type Keys,
  type LeaseId,
  type Outcome,
  type Revision,
  type Snapshot,
  type Store,
  StoreError,
} from "../index.ts";
import { type AskOptions, Caller } from "./caller.ts";
import type { Connection } from "./connection.ts";
import { KeySpace, leaseId, leaseNumber } from "./convert.ts";
import { Certificates } from "./credentials.ts";
import { Endpoints } from "./endpoints.ts";
import { follow } from "./follow.ts";
import { type EtcdOptions, endpointUrls } from "./options.ts";
import { Token } from "./token.ts";

/** What is asked for when nothing else has been. */
const FIRST_KEY = "/hawser/";

/** The store in etcd v3, 3.4 or later. */
export class EtcdStore implements Store {
  readonly #caller: Caller;
  readonly #space: KeySpace;
  /** One that was asked for: a user may read it as a rule. */
  #key: string = FIRST_KEY;

  private constructor(caller: Caller, space: KeySpace) {
    this.#caller = caller;
    this.#space = space;
  }

  /**
   * Reads certificates; connects when the first question is asked.
   * @throws StoreError "refused" for endpoints that are none, "certificate" for files that are none
   */
  static open(options: EtcdOptions): EtcdStore {
    const urls = endpointUrls(options);
    const certificates = options.tls === undefined ? undefined : new Certificates(options.tls);
    certificates?.read();
    const endpoints = new Endpoints(urls, certificates);
    const caller = new Caller(endpoints, certificates, new Token(options), options.callMs);
    return new EtcdStore(caller, new KeySpace(options.prefix ?? ""));
  }

  async identify({ signal }: CallOptions = {}): Promise<Identity> {
    const key = this.#space.key(this.#key);
    return await this.#caller.call({
      what: "asking etcd who it is",
      key,
      isRepeatable: true,
      signal,
      ask: async (connection, options) => {
        const { header } = await connection.kv.range({ key, limit: 1n }, options);
        if (header !== undefined) this.#caller.history.begin(header);
        const revision = this.#caller.heard(connection, header, 0n);
        return { cluster: (header?.clusterId ?? 0n).toString(16), revision };
      },
    });
  }

  async read(keys: Keys, { signal }: CallOptions = {}): Promise<Snapshot> {
    const range = this.#space.range(keys);
    const key = this.#asked("key" in keys ? keys.key : keys.from);
    return await this.#caller.call({
      what: `reading ${"key" in keys ? keys.key : `the keys from ${keys.from}`}`,
      key,
      isRepeatable: true,
      signal,
      ask: async (connection, options) => {
        const floor = this.#caller.history.revision;
        const { header, kvs, more } = await connection.kv.range(range, options);
        const revision = this.#caller.heard(connection, header, floor);
        return { entries: kvs.map((kv) => this.#space.entry(kv)), revision, more };
      },
    });
  }

  async transact(
    conditions: readonly Condition[],
    changes: readonly Change[],
    { signal }: CallOptions = {},
  ): Promise<Outcome> {
    checkTransaction(conditions, changes);
    const space = this.#space;
    const request = {
      compare: conditions.map((condition) => space.compare(condition)),
      success: changes.map((change) => space.change(change)),
      failure: space.lookUp(conditions),
    };
    const [first = FIRST_KEY] = [...conditions.map(({ key }) => key), ...changes.map(changedKey)];
    return await this.#caller.call({
      what: `changing ${changes.map(changedKey).slice(0, 3).join(", ")}`,
      key: this.#asked(first),
      isRepeatable: changes.length === 0,
      signal,
      ask: async (connection, options) => {
        const floor = this.#caller.history.revision;
        const { header, succeeded, responses } = await connection.kv.txn(request, options);
        const revision = this.#caller.heard(connection, header, floor);
        const found = responses.flatMap(({ response }) =>
          response.case === "responseRange" ? response.value.kvs : [],
        );
        return { done: succeeded, revision, found: found.map((kv) => space.entry(kv)) };
      },
    });
  }

  async grant(seconds: number, { signal }: CallOptions = {}): Promise<LeaseId> {
    // The id is ours, so that a question whose answer was lost can be asked again.
    const id = BigInt.asUintN(63, crypto.getRandomValues(new BigUint64Array(1))[0] ?? 1n);
    const ttl = BigInt(Math.max(1, Math.ceil(seconds)));
    return await this.#caller.call({
      what: "asking for a lease",
      key: this.#space.key(this.#key),
      isRepeatable: true,
      signal,
      ask: async (connection, options) => {
        try {
          const { header, error } = await connection.lease.leaseGrant({ id, ttl }, options);
          this.#caller.heard(connection, header);
          if (error !== "") throw new StoreError("refused", `asking for a lease: ${error}`);
        } catch (error) {
          if (!ConnectError.from(error).rawMessage.includes("lease already exists")) throw error;
        }
        return leaseId(id);
      },
    });
  }

  async renew(lease: LeaseId, { signal }: CallOptions = {}): Promise<boolean> {
    const id = leaseNumber(lease);
    return await this.#caller.call({
      what: "renewing a lease",
      key: this.#space.key(this.#key),
      isRepeatable: true,
      signal,
      ask: async (connection, options) => {
        if (await this.#renewOnce(connection, id, options)) return true;
        // A member that has stood still may believe that it leads, and that all leases have ended: it is asked
        // again when it has caught up.
        await this.#caller.proved(connection, this.#space.key(this.#key), options);
        return await this.#renewOnce(connection, id, options);
      },
    });
  }

  async revoke(lease: LeaseId, { signal }: CallOptions = {}): Promise<void> {
    const id = leaseNumber(lease);
    await this.#caller.call({
      what: "ending a lease",
      key: this.#space.key(this.#key),
      isRepeatable: true,
      signal,
      ask: async (connection, options) => {
        try {
          const { header } = await connection.lease.leaseRevoke({ id }, options);
          this.#caller.heard(connection, header);
        } catch (error) {
          if (!ConnectError.from(error).rawMessage.includes("lease not found")) throw error;
        }
      },
    });
  }

  watch(keys: Keys, from: Revision, options: CallOptions = {}): AsyncIterable<Batch> {
    this.#asked("key" in keys ? keys.key : keys.from);
    return follow(this.#caller, this.#space, keys, from, options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#caller.endpoints.close();
  }

  async #renewOnce(connection: Connection, id: bigint, options: AskOptions): Promise<boolean> {
    for await (const { header, ttl } of connection.lease.leaseKeepAlive(one({ id }), options)) {
      this.#caller.heard(connection, header);
      return ttl > 0n;
    }
    throw new Error("etcd ended the question without an answer");
  }

  #asked(key: string): Uint8Array {
    this.#key = key;
    return this.#space.key(key);
  }
}

function changedKey(change: Change): string {
  return "put" in change ? change.put : change.delete;
}

async function* one<T>(message: T): AsyncGenerator<T, void, undefined> {
  yield message;
}
