import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Another suite of Debian than the machine's own, for its kernel: the machine's own lists stay as they are. */

const MIRROR = "http://deb.debian.org/debian";
const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Whether a suite may have this name, which becomes a directory and a word of a file. */
export function isSuiteName(name: string): boolean {
  return /^[a-z][a-z-]*$/.test(name);
}

/** The options with which apt sees that suite alone; its lists are fetched into the directory. */
export async function sourcesOf(
  suite: string,
  directory: string,
  must: (argv: readonly string[]) => Promise<void>,
): Promise<string[]> {
  if (!existsSync(KEYRING)) throw new Error(`${KEYRING}: the package debian-archive-keyring`);
  const own = join(directory, suite);
  mkdirSync(join(own, "lists/partial"), { recursive: true });
  mkdirSync(join(own, "cache/archives/partial"), { recursive: true });
  const list = join(own, "sources.list");
  writeFileSync(list, `deb [signed-by=${KEYRING}] ${MIRROR} ${suite} main\n`);
  const settings = {
    "Dir::Etc::SourceList": list,
    "Dir::Etc::SourceParts": "/dev/null",
    "Dir::State::Lists": join(own, "lists"),
    "Dir::Cache": join(own, "cache"),
    "APT::Architecture": "amd64",
    "Acquire::Languages": "none",
  };
  const options = Object.entries(settings).flatMap(([key, value]) => ["-o", `${key}=${value}`]);
  await must(["apt-get", ...options, "update", "-qq"]);
  return options;
}
