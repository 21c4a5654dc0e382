/**
 * The nodes that follow this one, in the order of their ids, up to the first that lives: each dead node is
 * counted by the living one before it. No node lists all of them.
 */
import type { Entry } from "../store/index.ts";
import type { Core } from "./core.ts";
import { after } from "./keys.ts";
import { parseNode } from "./parse.ts";
import type { Quarantines } from "./quarantine.ts";

/** Nodes that are read at once, and the most in one look. */
const PAGE = 8;
const PAGES = 32;

export class Successors {
  readonly #core: Core;
  readonly #quarantines: Quarantines;
  /** Epochs whose quarantine is over: there is nothing more to count. */
  #over: Set<string> = new Set();
  /** Where the last look gave up among very many dead ones. */
  #place: string | undefined;

  constructor(core: Core, quarantines: Quarantines) {
    this.#core = core;
    this.#quarantines = quarantines;
  }

  async look(): Promise<void> {
    const { keys, node } = this.#core;
    const over = new Set<string>();
    let from = this.#place ?? keys.node(node);
    let isSecondHalf = from < keys.node(node);
    for (let page = 0; page < PAGES; page++) {
      const { entries, more } = await this.#core.read(after(from, keys.nodes, PAGE));
      for (const entry of entries) {
        if (!(await this.#isDead(entry, over))) return this.#ends(over, undefined);
        from = entry.key;
      }
      if (more) continue;
      if (isSecondHalf) return this.#ends(over, undefined);
      [from, isSecondHalf] = [keys.nodes, true];
    }
    this.#ends(over, from);
  }

  /** The next look begins at the place, or with the nodes right behind this one. */
  #ends(over: Set<string>, place: string | undefined): void {
    this.#over = over;
    this.#place = place;
  }

  /** Counts for a dead node; false for one that lives, as for this one. */
  async #isDead(entry: Entry, over: Set<string>): Promise<boolean> {
    const { keys, node } = this.#core;
    const id = entry.key.slice(keys.nodes.length);
    if (id === node) return false;
    const record = parseNode(entry.value);
    // An epoch of a node that was given up holds nothing.
    if (record === undefined || record.forgotten) return true;
    const name = `${id}/${record.epoch}`;
    const alive = await this.#core.readKey(keys.alive(id));
    if (alive !== undefined) return false;
    const isOver =
      this.#over.has(name) || (await this.#quarantines.look({ node: id, epoch: record.epoch }));
    if (isOver) over.add(name);
    return true;
  }
}
