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
  /** The last key that was read, where there is more behind it. */
  readonly rest: string | undefined;
}

/**
 * Reads the inbox: notes what was given and what is free, and serves what is asked for.
 * @param rest where the last reading ended: what stays there keeps nothing else from its turn
 */
export async function readInbox(
  core: Core,
  isNeeded: (subnet: number) => boolean,
  rest?: string,
): Promise<Mail> {
  const inbox = core.keys.inbox(core.node);
  const letters: GivenRecord[] = [];
  let [wants, from] = [0, rest ?? inbox];
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
      } else foreign(core, inbox);
    }
    if (!more) return { wants, letters, rest: undefined };
  }
  return { wants, letters, rest: from };
}

/** Of many keys, one sentence. */
function foreign(core: Core, inbox: string): void {
  const text = `below ${inbox} are keys that hold no record of this program: they are left alone`;
  core.reportOnce("foreign", text);
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
