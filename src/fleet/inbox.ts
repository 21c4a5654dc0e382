/** What other nodes and administrators have sent: parts given, what is asked for, names that are free. */
import { Prefix } from "../addr/index.ts";
import { note, readBlock } from "./blocks.ts";
import { reconcile } from "./confirm.ts";
import { asSeen, type Core } from "./core.ts";
import { revise } from "./draft.ts";
import { after } from "./keys.ts";
import { lend } from "./lend.ts";
import { letGo } from "./names.ts";
import { parseFreed, parseGiven, parseWant } from "./parse.ts";
import type { GivenRecord } from "./records.ts";

/** Letters that are read at once, and the most pages in a round. */
const PAGE = 64;
const PAGES = 16;

/** What the inbox has come to. */
export interface Mail {
  readonly wants: number;
  readonly letters: readonly GivenRecord[];
  /** There is more of it. */
  readonly more: boolean;
}

/** Reads the inbox: notes what was given and what is free, and serves what is asked for. */
export async function readInbox(core: Core, isNeeded: (subnet: number) => boolean): Promise<Mail> {
  const inbox = core.keys.inbox(core.node);
  const letters: GivenRecord[] = [];
  let [wants, from] = [0, inbox];
  for (let page = 0; page < PAGES; page++) {
    const { entries, more } = await core.read(after(from, inbox, PAGE));
    for (const entry of entries) {
      from = entry.key;
      const [kind, id = ""] = entry.key.slice(inbox.length).split("/");
      const given = kind === "given" ? parseGiven(entry.value) : undefined;
      const want = kind === "want" ? parseWant(entry.value) : undefined;
      const freed = kind === "freed" ? parseFreed(entry.value) : undefined;
      if (freed !== undefined) {
        await letGo(core, freed.name);
        await core.transact([asSeen(entry.key, entry)], [{ delete: entry.key }]);
      } else if (given !== undefined) {
        if (given.refused === undefined) await take(core, given);
        await core.transact([asSeen(entry.key, entry)], [{ delete: entry.key }]);
        letters.push(given);
      } else if (want !== undefined) {
        wants++;
        await lend(core, { entry, from: id, record: want }, isNeeded(want.subnet));
      } else foreign(core, entry.key);
    }
    if (!more) return { wants, letters, more };
  }
  return { wants, letters, more: true };
}

function foreign(core: Core, key: string): void {
  core.reportOnce("foreign", `${key} holds no record of this program: it is left alone`);
}

/** A part counts as given when its block's record says so. */
async function take(core: Core, { prefix: text, from }: GivenRecord): Promise<void> {
  const prefix = Prefix.tryParse(text);
  const space = prefix && core.spaces.find(({ subnet }) => subnet.contains(prefix.ip));
  if (prefix === undefined || space === undefined) return;
  const known = await readBlock(core, space, space.blockOf(prefix.ip));
  await revise(core, (draft) => {
    reconcile(draft, known);
    draft.chooseGateways();
  });
  note(core, known);
  core.report("given", `${core.title} was given ${text} by node ${from}`);
}
