import { existsSync, readdirSync, rmdirSync } from "node:fs";
import { defined, errnoName } from "../../base/index.ts";
import type { NetnsIdentity } from "../../kernel/netns/index.ts";
import type { SetId } from "../../kernel/nftables/index.ts";
import { type Attachment, isObject, type JsonValue } from "../../spec/index.ts";
import { hexDigest } from "../digest.ts";
import { netnsFromJson, netnsToJson } from "../netns-record/index.ts";
import { type ListedRecord, OwnerStore, ownerComment } from "../owner/index.ts";
import type { ElementKey, FoundElement, Layout } from "./layout.ts";

/** An attachment that waits for a key which another one holds. */
export interface WaitingClaim extends FoundElement {
  readonly owner: Attachment;
  readonly mark: string;
  /** The namespace of the attachment's ADD, as far as it is known. */
  readonly netns: NetnsIdentity | undefined;
  /** Claims have their turns in ascending order; of two that came together the mark decides. */
  readonly turn: number;
}

const ATTEMPTS = 8;

type ClaimLayout = Pick<Layout, "family" | "table" | "wider">;

/**
 * The claims that wait for keys of one table: a directory for each key, in it a file for each
 * attachment, with the element that is to be made when its turn comes. The directory's name begins
 * with that of the wider key, where the layout has one. Without claims there is no directory, so
 * that asking costs one look.
 */
export class WaitingClaims {
  readonly #directory: string;
  readonly #bootId: string;
  readonly #layout: ClaimLayout;
  readonly #looksOnly: boolean;

  constructor(stateDir: string, bootId: string, layout: ClaimLayout, looksOnly = false) {
    this.#directory = `${stateDir}/waiting/${layout.table}`;
    this.#bootId = bootId;
    this.#layout = layout;
    this.#looksOnly = looksOnly;
  }

  /** Whether no claim waits for any key of the table. */
  isEmpty(): boolean {
    return !existsSync(this.#directory);
  }

  /** Those of the keys that have claims waiting, for them or for narrower ones. */
  waited<T extends ElementKey>(keys: readonly T[]): T[] {
    if (this.isEmpty()) return [];
    const names = new Set(namesIn(this.#directory).flatMap((name) => [name, widestName(name)]));
    return keys.filter((elementKey) => names.has(this.#nameOf(elementKey)));
  }

  /** The claims on a key, by their turns; claims of an earlier boot are none. */
  of(elementKey: ElementKey): WaitingClaim[] {
    return this.#claims(this.#nameOf(elementKey));
  }

  /** The claims on a key and on those that it is wider than, by their turns. */
  within(elementKey: ElementKey): WaitingClaim[] {
    const name = this.#nameOf(elementKey);
    return this.#isNarrow(elementKey) ? this.#claims(name) : this.#family(name);
  }

  /** All claims on keys of the table. */
  all(): WaitingClaim[] {
    return namesIn(this.#directory).flatMap((name) => this.#claims(name));
  }

  /** Notes a claim behind those that are there; one that is noted already keeps its turn. */
  join(owner: Attachment, { set, element }: FoundElement, netns: NetnsIdentity | undefined): void {
    const { key, data } = element;
    const elementKey = { set, key };
    const name = this.#nameOf(elementKey);
    const mark = ownerComment(owner);
    const own = this.of(elementKey).find((claim) => claim.mark === mark);
    const turns = this.#family(widestName(name)).map((claim) => claim.turn);
    const turn = own?.turn ?? 1 + Math.max(0, ...turns);
    const claim = {
      ...{ turn, set: set.name, key: hexOf(key) },
      ...defined({
        data: data instanceof Uint8Array ? hexOf(data) : undefined,
        netns: netns && netnsToJson(netns),
      }),
    };
    for (let attempt = 1; ; attempt++) {
      try {
        this.#storeOf(name).write(owner, claim);
        return;
      } catch (error) {
        // Another call may just have removed the directory, because it was empty.
        if (errnoName(error) !== "ENOENT" || attempt === ATTEMPTS) throw error;
      }
    }
  }

  /** Removes claims; fine when they are gone already. */
  remove(claims: readonly WaitingClaim[]): void {
    for (const { set, element, owner } of claims) {
      this.#storeOf(this.#nameOf({ set, key: element.key })).remove(owner);
    }
    if (claims.length > 0) this.#prune();
  }

  /** Removes what an earlier boot left. */
  removeOutlived(): void {
    for (const name of namesIn(this.#directory)) {
      const store = this.#storeOf(name);
      for (const record of store.all()) if (record.isStale) store.remove(record);
    }
    if (!this.isEmpty()) this.#prune();
  }

  #claims(name: string): WaitingClaim[] {
    return this.#storeOf(name)
      .look()
      .flatMap((record) => claimOf(record, this.#layout) ?? [])
      .toSorted(byTurn);
  }

  /** The claims on a key that is the widest of its kind, and on all narrower ones. */
  #family(widest: string): WaitingClaim[] {
    return namesIn(this.#directory)
      .filter((name) => widestName(name) === widest)
      .flatMap((name) => this.#claims(name))
      .toSorted(byTurn);
  }

  #isNarrow(elementKey: ElementKey): boolean {
    return this.#layout.wider?.(elementKey) !== undefined;
  }

  #nameOf(elementKey: ElementKey): string {
    const wider = this.#layout.wider?.(elementKey);
    if (wider === undefined) return `key-${hashOf(elementKey)}`;
    return `key-${hashOf(wider)}-${hashOf(elementKey)}`;
  }

  #storeOf(name: string): OwnerStore {
    return new OwnerStore({
      stateDir: this.#directory,
      kind: name,
      bootId: this.#bootId,
      looksOnly: this.#looksOnly,
    });
  }

  #prune(): void {
    for (const name of namesIn(this.#directory)) removeIfEmpty(`${this.#directory}/${name}`);
    removeIfEmpty(this.#directory);
  }
}

function claimOf(record: ListedRecord, { family, table }: ClaimLayout): WaitingClaim | undefined {
  const { network, containerId, ifName, data, isStale } = record;
  if (isStale || !isObject(data)) return undefined;
  const { set, key } = data;
  const turn = Number(data["turn"]);
  if (typeof set !== "string" || typeof key !== "string" || !Number.isInteger(turn)) {
    return undefined;
  }
  const owner = { network, containerId, ifName };
  const mark = ownerComment(owner);
  const value = bytesOf(data["data"]);
  return {
    ...{ owner, mark, turn, netns: netnsFromJson(data["netns"]) },
    set: { family, table, name: set } satisfies SetId,
    element: { key: Buffer.from(key, "hex"), comment: mark, ...defined({ data: value }) },
  };
}

/** Of two that came together the mark decides. */
function byTurn(one: WaitingClaim, other: WaitingClaim): number {
  return one.turn - other.turn || (one.mark < other.mark ? -1 : 1);
}

function hashOf({ set, key }: ElementKey): string {
  return hexDigest("sha256", `${set.name} ${hexOf(key)}`).slice(0, 32);
}

/** The beginning of a directory's name, which is the name of the wider key's. */
function widestName(name: string): string {
  return name.split("-").slice(0, 2).join("-");
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("hex");
}

function bytesOf(json: JsonValue | undefined): Uint8Array | undefined {
  return typeof json === "string" ? Buffer.from(json, "hex") : undefined;
}

function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory).filter((name) => name.startsWith("key-"));
  } catch (error) {
    if (errnoName(error) === "ENOENT") return [];
    throw error;
  }
}

function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    if (!["ENOENT", "ENOTEMPTY", "EEXIST"].includes(errnoName(error))) throw error;
  }
}
