import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { HERE } from "../build/architecture.ts";
import { type RunResult, run } from "../test/process.ts";
import type { LabMachine } from "./machine.ts";

/** Debian's packages of an architecture, from the sources that this machine knows. Installs nothing. */

const DOWNLOAD_SECONDS = 300;
/** Lists of another architecture are fetched anew when they are older. */
const LISTS_MAX_AGE_MS = 7 * 24 * 3600 * 1000;

/** Where things are kept from run to run, and from checkout to checkout. */
export function cacheDirectory(name: string): string {
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "hawser", name);
}

/** Where a program stands, even when it is one for root and the user is not. */
export function findProgram(name: string): string | undefined {
  const path = `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;
  return Bun.which(name, { PATH: path }) ?? undefined;
}

export async function ask(argv: readonly string[], cwd = "/"): Promise<RunResult> {
  return await run(argv, { cwd, timeoutSeconds: DOWNLOAD_SECONDS });
}

export async function must(argv: readonly string[], cwd = "/"): Promise<string> {
  const answer = await ask(argv, cwd);
  if (answer.exitCode !== 0) throw new Error(`${argv.join(" ")}: ${answer.output.trim()}`);
  return answer.output;
}

/**
 * The options by which apt speaks of an architecture: none for this machine's own, whose lists are the
 * machine's. For another one it gets a place of its own, in which nothing is installed.
 */
export async function aptOptions({ arch, debian }: LabMachine): Promise<readonly string[]> {
  if (arch === HERE) return [];
  const place = cacheDirectory(`apt-${debian}`);
  const [lists, cache, status] = ["lists", "cache", "status"].map((name) => join(place, name));
  for (const path of [`${lists}/partial`, `${cache}/archives/partial`]) {
    mkdirSync(path, { recursive: true });
  }
  if (!existsSync(`${status}`)) writeFileSync(`${status}`, "");
  const settings = [
    ...[`APT::Architecture=${debian}`, `APT::Architectures=${debian}`],
    ...[`Dir::State=${place}`, `Dir::State::lists=${lists}`, `Dir::State::status=${status}`],
    `Dir::Cache=${cache}`,
    // The directory may be one that the user "_apt" cannot enter.
    "APT::Sandbox::User=root",
    "Acquire::Languages=none",
  ];
  const options = settings.flatMap((setting) => ["-o", setting]);
  const mark = join(place, "updated");
  const age = Date.now() - (statSync(mark, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  if (age > LISTS_MAX_AGE_MS) {
    // Without a network, what was downloaded before is used.
    const { exitCode } = await ask(["apt-get", ...options, "update", "-qq"]);
    if (exitCode === 0) writeFileSync(mark, "");
  }
  return options;
}
