import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { must } from "../../tests/support/exec.ts";
import {
  debianPlugins,
  entryPrograms,
  hawserPlugins,
  newestPlugins,
} from "../../tests/support/plugin-sets.ts";
import { buildEntryWithLibrary } from "../../tools/build/entry.ts";
import { type Contender, runnable } from "../contender.ts";
import { amount, atMost, type Goal } from "../outcome.ts";
import type { Scenario } from "../scenario.ts";
import { inTurns, inWorlds, type Row, rowOf } from "../turns.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const EXECUTABLE = 0o755;
const BLOCK = 4096;

/** What any call of an executable costs before it does anything. */
export const version: Scenario = {
  id: "version",
  title: "VERSION of the bridge plugin",
  text: "A process that starts, says which versions it speaks, and ends.",
  run: async (settings) => {
    using made = await variants();
    const wanted = runnable([...all(settings.against), ...made.contenders], settings);
    const { rows, raw } = await inWorlds(wanted, {}, (worlds) =>
      inTurns(
        [...worlds].map(([contender, world]) => ({
          contender,
          world,
          rounds: settings.size.rounds * 2,
        })),
      ),
    );
    const table = {
      head: ["milliseconds", "median", "p99", "min"],
      body: rows.map(({ contender, add }) => [
        contender.title,
        ...[add.median, add.p99, add.min].map(amount),
      ]),
    };
    return { tables: [table], goals: [...goals(rows), ...variantGoals(rows)], raw };
  },
};

function row(id: string, title: string, path: string, missing?: string): Contender {
  return {
    id,
    title,
    how: { way: "start", argv: [path] },
    warmUp: 2,
    reference: id === "debian" || id === "newest",
    ...(missing === undefined ? {} : { missing }),
  };
}

function all(against: string | undefined): Contender[] {
  const sets = [
    ["entry", "Hawser, entry program", entryPrograms()],
    ["executable", "Hawser, executable", hawserPlugins()],
    ["debian", "reference, Debian's", debianPlugins()],
    ["newest", "reference, newest", newestPlugins()],
  ] as const;
  return [
    row("true", "a process that does nothing", "/bin/true"),
    ...sets.map(([id, title, set]) => row(id, title, join(set.dir, "bridge"), set.missing)),
    ...(against === undefined
      ? []
      : [
          row("before-entry", "before: entry program", join(against, "dist/entry/bridge")),
          row("before-executable", "before: executable", join(against, "dist/cni/bridge")),
        ]),
  ];
}

/** Ours without what makes their start short, so that its worth is seen. */
async function variants(): Promise<Disposable & { readonly contenders: readonly Contender[] }> {
  const home = mkdtempSync(join(tmpdir(), "hawser-variants-"));
  const contenders: Contender[] = [];
  if (entryPrograms().missing === undefined) {
    const program = await buildEntryWithLibrary({ root: ROOT, scratch: home, must }, "bridge");
    contenders.push(row("entry-libc", "… with a C library", program));
  }
  if (hawserPlugins().missing === undefined) {
    const directory = join(home, "blocks");
    mkdirSync(directory);
    const program = join(directory, "bridge");
    copyInBlocks(join(hawserPlugins().dir, "bridge"), program);
    contenders.push(
      row("executable-blocks", "Hawser, executable, written in small blocks", program),
    );
  }
  return { contenders, [Symbol.dispose]: () => rmSync(home, { recursive: true }) };
}

/** Copies a program as a file system of small blocks would have it. */
function copyInBlocks(from: string, to: string): void {
  const bytes = readFileSync(from);
  const fd = openSync(to, "w", EXECUTABLE);
  for (let at = 0; at < bytes.length; at += BLOCK) writeSync(fd, bytes.subarray(at, at + BLOCK));
  closeSync(fd);
}

/** That each of the two is worth having. */
function variantGoals(rows: readonly Row[]): Goal[] {
  const ratio = (what: string, id: string, other: string, most: number): Goal[] => {
    const [own, plain] = [rowOf(rows, id), rowOf(rows, other)];
    if (own === undefined || plain === undefined) return [];
    return [atMost(what, own.add.median / plain.add.median, most)];
  };
  return [
    ...ratio(
      "VERSION of an entry program, against one with a C library",
      "entry",
      "entry-libc",
      0.8,
    ),
    ...ratio(
      "VERSION of an executable, against one written in small blocks",
      "executable",
      "executable-blocks",
      0.95,
    ),
    ...ratio("VERSION of an executable against before", "executable", "before-executable", 1.1),
  ];
}

function goals(rows: readonly Row[]): Goal[] {
  const entry = rowOf(rows, "entry");
  const theirs = rows.filter(({ contender }) => contender.reference).map(({ add }) => add.median);
  if (entry === undefined || theirs.length === 0) return [];
  const fastest = Math.min(...theirs);
  return [
    {
      what: "VERSION of an entry program",
      goal: `≤ ${amount(fastest)} ms (a Go plugin)`,
      measured: `${amount(entry.add.median)} ms`,
      reached: entry.add.median <= fastest,
    },
  ];
}
