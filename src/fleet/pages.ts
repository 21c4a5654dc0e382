/** Reading a whole range, page by page. */
import { type CallOptions, type Entry, type Revision, type Store, under } from "../store/index.ts";

const PAGE = 500;

/** All entries whose keys begin with a text, and the revision of the first page. */
export async function readAll(
  store: Store,
  prefix: string,
  options?: CallOptions,
): Promise<{ readonly entries: Entry[]; readonly revision: Revision }> {
  const entries: Entry[] = [];
  let revision: Revision | undefined;
  let keys = under(prefix, PAGE);
  for (;;) {
    const page = await store.read(keys, options);
    revision ??= page.revision;
    entries.push(...page.entries);
    const last = page.entries.at(-1);
    if (!page.more || last === undefined || !("end" in keys)) return { entries, revision };
    keys = { from: `${last.key}\0`, end: keys.end, limit: PAGE };
  }
}
