import { appendFileSync, linkSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { ENTRY_TRAILER, PLUGINS } from "../../src/plugins/registry/index.ts";
import { LATEST, printJson } from "../../src/spec/index.ts";
import { COMPILER, compilerOf, machineOfFile, type Target } from "./architecture.ts";
import { BuildFailure } from "./in-place.ts";

/** Makes dist/entry: the entry program under each plugin's name. */

export const STRICT: readonly string[] = ["-std=gnu11", "-Wall", "-Wextra", "-Werror"];
/** Without the C library, whose start takes longer than all the rest, and what would need it. */
const BARE = [
  ...["-static", "-nostdlib", "-ffreestanding", "-fno-pie", "-no-pie"],
  ...["-fno-stack-protector", "-U_FORTIFY_SOURCE"],
];
/** As few pages as can be: each one is a fault at each start. */
const SMALL = [
  ...["-Os", "-s", "-fno-asynchronous-unwind-tables"],
  ...["-Wl,-z,norelro", "-Wl,-z,noseparate-code", "-Wl,-z,noexecstack", "-Wl,--build-id=none"],
];

/** Where, and by what, the entry program is compiled. */
export interface EntryBuild {
  /** The repository. */
  readonly root: string;
  /** A directory for what is made on the way. */
  readonly scratch: string;
  /** Runs a program; throws when it fails. */
  readonly must: (argv: readonly string[]) => Promise<unknown>;
}

/**
 * Compiles the entry program and puts it into `<scratch>/entry` under each plugin's name. Without a C
 * compiler the names lead to the full executable, and false is given.
 */
export async function buildEntries({
  root,
  scratch,
  must,
  target,
}: EntryBuild & { readonly target: Target }): Promise<boolean> {
  const directory = join(scratch, "entry");
  mkdirSync(directory);
  const program = join(scratch, "program");
  const compiler = compilerOf(target);
  if (compiler !== undefined) {
    await writePluginTable(scratch);
    const flags = [...STRICT, ...BARE, ...SMALL, ...target.compilerFlags, "-I", scratch];
    await must([...compiler, ...flags, "-o", program, join(root, "native/entry.c")]);
    if (machineOfFile(program) !== target.machine) {
      throw new BuildFailure(`${compiler.join(" ")} makes no programs for ${target.arch}`);
    }
    appendFileSync(program, ENTRY_TRAILER, "latin1");
  }
  for (const name of PLUGINS.keys()) {
    const link = join(directory, name);
    if (compiler !== undefined) linkSync(program, link);
    else symlinkSync("../hawser", link);
  }
  return compiler !== undefined;
}

/** The same with an ordinary C library, under a name: the benchmark shows what its start would take. */
export async function buildEntryWithLibrary(
  { root, scratch, must }: EntryBuild,
  name: string,
): Promise<string> {
  await writePluginTable(scratch);
  const program = join(scratch, name);
  const flags = [...STRICT, "-Os", "-s", "-static", "-DHOSTED", "-I", scratch];
  await must([COMPILER, ...flags, "-o", program, join(root, "native/entry.c")]);
  return program;
}

/** Makes the header that entry.c includes: what each plugin answers without a look at its input. */
export async function writePluginTable(directory: string): Promise<void> {
  const rows: string[] = [];
  for (const [name, load] of PLUGINS) {
    const { about, versions } = await load();
    const texts = [name, about, versions.join(", "), printJson([...versions])];
    const newest = versions.at(-1) ?? LATEST;
    rows.push(`  {${[...texts, newest].map((text) => JSON.stringify(text)).join(", ")}},`);
  }
  const lines = [
    "/* Made by tools/build/entry.ts. */",
    `#define LATEST ${JSON.stringify(LATEST)}`,
    "static const struct plugin { const char *name, *about, *listed, *versions, *newest; } PLUGINS[] = {",
    ...rows,
    "  {0}",
    "};",
    "",
  ];
  writeFileSync(join(directory, "plugins.h"), lines.join("\n"));
}
