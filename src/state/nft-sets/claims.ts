import { findNetns, Netns, type NetnsIdentity } from "../../kernel/netns/index.ts";
import type { Context } from "../../plugin/index.ts";
import { type Attachment, type CniError, isObject, type JsonValue } from "../../spec/index.ts";
import { netnsFromJson, netnsOfAdd } from "../netns-record/index.ts";
import { type OwnerStore, ownerComment, readBootId, stateDirectory } from "../owner/index.ts";
import type { Scene } from "../scene.ts";
import {
  type ElementKey,
  elementKeyOf,
  type FoundElement,
  hasData,
  isAmong,
  isSameKey,
  type Layout,
  type WantedElement,
} from "./layout.ts";
import { type WaitingClaim, WaitingClaims } from "./waiting.ts";

/** Two attachments want one key: the element that has it, and the newcomer's. */
export interface Conflict extends FoundElement {
  readonly want: WantedElement;
  /** The mark of the element's owner; "" where it bears none. */
  readonly holder: string;
  /** The newcomer waits; else it takes the key over, because the holder's namespace is gone. */
  readonly waits: boolean;
  /** Both are of one container, such as one port on two of its networks. */
  readonly isOwnContainer: boolean;
}

/** How attachments claim the keys of a layout. */
export interface ClaimSettings {
  readonly layout: Layout;
  /**
   * Owner records of the attachments that have elements in the layout. Their data may hold the
   * namespace of the ADD as `netns`, where no other plugin of the list notes it.
   */
  readonly records: OwnerStore;
  /** The error of an ADD that would have to wait; without it, or where it is undefined, it waits. */
  readonly refuse?: (conflict: Conflict) => CniError | undefined;
  /** The elements that a record speaks of, by which a holder that has lost its element is known. */
  readonly recorded?: (owner: Attachment, data: JsonValue) => readonly ElementKey[];
}

/**
 * The right to a key that several attachments want. An element in the kernel is its owner's claim;
 * later ones wait, and the first of them whose namespace is still there gets the key when its
 * holder goes. All of it is asked for in a conflict only.
 */
export class Claims {
  readonly refuse: ClaimSettings["refuse"];
  readonly #ctx: Context;
  readonly #owner: Attachment;
  readonly #records: OwnerStore;
  readonly #waiting: WaitingClaims;
  readonly #recorded: ClaimSettings["recorded"];
  readonly #living = new Map<string, boolean>();

  constructor({ ctx, owner }: Pick<Scene, "ctx" | "owner">, settings: ClaimSettings) {
    this.#ctx = ctx;
    this.#owner = owner;
    this.#records = settings.records;
    this.refuse = settings.refuse;
    this.#recorded = settings.recorded;
    this.#waiting = new WaitingClaims(
      stateDirectory(ctx.env),
      readBootId(),
      settings.layout,
      ctx.looksOnly,
    );
  }

  /** Those of the keys that have claims waiting; one look where the table has none. */
  waited<T extends ElementKey>(keys: readonly T[]): T[] {
    return this.#waiting.waited(keys);
  }

  /** All keys that have claims waiting. */
  keys(): ElementKey[] {
    return this.#waiting.all().map(elementKeyOf);
  }

  /**
   * The claims whose turn it is when a key becomes free: the first on it whose namespace is there,
   * and those on narrower keys that came before. Of the latter each takes a part that is free.
   */
  turns(elementKey: ElementKey, isFree: (narrower: ElementKey) => boolean): WaitingClaim[] {
    const turns: WaitingClaim[] = [];
    for (const claim of this.#waiting.within(elementKey)) {
      if (!this.#lives(claim.mark, () => claim.netns)) continue;
      const claimed = elementKeyOf(claim);
      const isWhole = isSameKey(claimed, elementKey);
      const isTaken = isAmong(turns.map(elementKeyOf), claimed) || !isFree(claimed);
      if (isWhole || !isTaken) turns.push(claim);
      if (isWhole) break;
    }
    return turns;
  }

  /**
   * Whether the attachment of a mark lives: the namespace of its ADD is there. One whose namespace
   * is not known counts as living; an element without a mark has no owner.
   */
  isLiving(mark: string): boolean {
    return mark !== "" && this.#lives(mark, () => this.#netnsOf(mark));
  }

  isOwnContainer(mark: string): boolean {
    return this.#ownerOf(mark)?.containerId === this.#owner.containerId;
  }

  /** Notes that the attachment waits for a key. */
  join({ set, key, data }: WantedElement): void {
    const element = data === undefined ? { key } : { key, data };
    const netns = netnsOfAdd(this.#ctx, this.#owner) ?? netnsOfCall(this.#ctx);
    this.#waiting.join(this.#owner, { set, element }, netns);
  }

  /** Whether an attachment waits for this element; with data, for one with the same. */
  isWaiting(mark: string, want: WantedElement): boolean {
    return this.waited([want]).some((elementKey) =>
      this.#waiting
        .of(elementKey)
        .some((each) => each.mark === mark && hasData(each.element, want)),
    );
  }

  /**
   * Whether a record says that another living attachment had the key, and does not wait for it. Reads
   * all records: it is asked where a key is free and claims wait for it, as when a table was flushed.
   */
  hasRecordedHolder(mark: string, elementKey: ElementKey): boolean {
    const recorded = this.#recorded;
    if (recorded === undefined) return false;
    const waiting = new Set(this.#waiting.of(elementKey).map((claim) => claim.mark));
    return this.#records.all().some((record) => {
      const other = ownerComment(record);
      if (record.isStale || other === mark || waiting.has(other)) return false;
      if (!isAmong([...recorded(record, record.data)], elementKey)) return false;
      return this.isLiving(other);
    });
  }

  /** Whether an attachment of another mark waits for the key. */
  isWaitedByOther(mark: string, elementKey: ElementKey): boolean {
    return this.waited([elementKey]).some((each) =>
      this.#waiting.of(each).some((claim) => claim.mark !== mark),
    );
  }

  /** Removes claims on these keys, or on all, of those whose mark `isMeant`. */
  withdraw(isMeant: (mark: string) => boolean, keys?: readonly ElementKey[]): void {
    const claims = this.waitingOf(isMeant, keys);
    if (claims.length > 0) this.#waiting.remove(claims);
  }

  /** What `withdraw` would remove. */
  waitingOf(isMeant: (mark: string) => boolean, keys?: readonly ElementKey[]): WaitingClaim[] {
    if (this.#waiting.isEmpty()) return [];
    const claims =
      keys === undefined
        ? this.#waiting.all()
        : this.waited(keys).flatMap((elementKey) => this.#waiting.of(elementKey));
    return claims.filter(({ mark }) => isMeant(mark));
  }

  /** For GC: removes claims of an earlier boot. */
  removeOutlived(): void {
    if (!this.#waiting.isEmpty()) this.#waiting.removeOutlived();
  }

  #lives(mark: string, netnsOf: () => NetnsIdentity | undefined): boolean {
    const known = this.#living.get(mark);
    if (known !== undefined) return known;
    const netns = netnsOf();
    const lives = netns === undefined || findNetns(netns) !== undefined;
    this.#living.set(mark, lives);
    return lives;
  }

  #netnsOf(mark: string): NetnsIdentity | undefined {
    const owner = this.#ownerOf(mark);
    if (owner === undefined) return undefined;
    const noted = netnsOfAdd(this.#ctx, owner);
    if (noted !== undefined) return noted;
    const data = this.#records.read(owner)?.data;
    return isObject(data) ? netnsFromJson(data["netns"]) : undefined;
  }

  /** Marks of long names hold hashes: their owners are found among the records. */
  #ownerOf(mark: string): Attachment | undefined {
    const [network, containerId, ifName, ...rest] = mark.split(" ");
    if (network === undefined || containerId === undefined || ifName === undefined) {
      return undefined;
    }
    if (rest.length > 0) return undefined;
    if (!mark.includes("#")) return { network, containerId, ifName };
    return this.#records.all().find((record) => ownerComment(record) === mark);
  }
}

/** The namespace that an ADD is given; undefined where the path does not lead to one. */
export function netnsOfCall({ netns, daemonServices }: Context): NetnsIdentity | undefined {
  try {
    using opened = Netns.open(daemonServices?.netnsPath ?? netns);
    const { dev, ino, cookie } = opened;
    return { dev, ino, cookie };
  } catch {
    return undefined;
  }
}
