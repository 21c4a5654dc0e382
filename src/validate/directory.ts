/** A directory of network configurations: which files are read, and what lies beside them. */
import { type Dirent, readdirSync } from "node:fs";
import { extname, join } from "node:path";
import { errorText } from "../base/index.ts";
import { judgeFile } from "./file.ts";
import { Findings } from "./findings.ts";
import type { JudgedFile } from "./network/network.ts";
import { Source } from "./text/source.ts";
import { memberOf } from "./text/tree.ts";

const READ = [".conf", ".conflist", ".json"];
/** Endings of files that were meant to be read. */
const MEANT =
  /\.(?:conflists|confilst|conflst|conlist|conflict|jsonc?5?|config|ya?ml)$|\.(?:CONFLIST|CONF|JSON)$/u;

/** The most files that are judged in one run. */
export const FILES_MAX = 1000;

/** The files of a directory, and those of the plugins that are added to its lists. */
export interface JudgedDirectory {
  readonly files: readonly JudgedFile[];
  readonly dropIns: readonly JudgedFile[];
}

/** Judges the files of a directory that runtimes read, in order of their names, and names the others. */
export async function judgeDirectory(dir: string): Promise<JudgedDirectory> {
  let entries: Dirent[];
  try {
    entries = readdirSync(dir, { withFileTypes: true });
  } catch (error) {
    const findings = new Findings(new Source(dir, ""));
    const message = `the directory cannot be read: ${errorText(error)}`;
    findings.add("unreadable-file", undefined, { message });
    return { files: [{ file: dir, findings, refusal: "it cannot be read" }], dropIns: [] };
  }
  const files = entries
    .filter((entry) => !entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  const dirs = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  const judged: JudgedFile[] = [];
  for (const name of files.slice(0, FILES_MAX)) {
    const file = join(dir, name);
    judged.push(READ.includes(extname(name)) ? await judgeFile(file) : notRead(file, name));
  }
  const added = await Promise.all(judged.map((each) => judgeDropIns(dir, dirs, each)));
  return { files: judged, dropIns: added.flat() };
}

function notRead(file: string, name: string): JudgedFile {
  const findings = new Findings(new Source(file, ""));
  const isMeant = MEANT.test(name);
  findings.add("file-not-read", undefined, {
    level: isMeant ? "warning" : "note",
    message: `no runtime reads ${name}: it ends in none of ${READ.join(", ")}`,
    help: isMeant ? "rename it to end in .conflist" : "nothing to do, if that is meant",
  });
  return { file, findings, refusal: "no runtime reads a file of that name" };
}

/** Plugins in `<name>/*.conf` stand behind the list's own, unless the list wants no others. */
async function judgeDropIns(
  dir: string,
  dirs: readonly string[],
  { network, findings }: JudgedFile,
): Promise<JudgedFile[]> {
  if (network === undefined || !dirs.includes(network.name)) return [];
  const names = dropInsOf(join(dir, network.name)).slice(0, FILES_MAX);
  const [first] = names;
  if (first === undefined) return [];
  const only = memberOf(network.root, "loadOnlyInlinedPlugins");
  if (network.isList && only?.value.value !== true) {
    return await Promise.all(
      names.map((name) => judgeFile(join(dir, network.name, name), network)),
    );
  }
  findings.add("drop-in-not-read", network.isList ? only?.key : network.nameNode, {
    message: network.isList
      ? `${network.name}/${first} is not read: "loadOnlyInlinedPlugins" says so`
      : `${network.name}/${first} is not read: a single plugin's file takes no further plugins`,
    help: network.isList ? "remove the key, or the directory" : 'write a .conflist with "plugins"',
  });
  return [];
}

function dropInsOf(dir: string): string[] {
  try {
    return readdirSync(dir)
      .filter((name) => extname(name) === ".conf")
      .sort();
  } catch {
    return [];
  }
}
