import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { HERE } from "../build/architecture.ts";
import { cacheDirectory } from "../cache.ts";
import { type RunResult, run } from "../test/process.ts";
import type { LabMachine } from "./machine.ts";

/** Debian's packages of an architecture, and of a suite: downloaded, never installed. */

const DOWNLOAD_SECONDS = 300;
/** Lists of another architecture or suite are fetched anew when they are older. */
const LISTS_MAX_AGE_MS = 7 * 24 * 3600 * 1000;

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

/** Where packages come from. */
export interface PackageSource {
  readonly machine: LabMachine;
  /** A suite of Debian in place of the sources that this machine knows. */
  readonly suite?: string | undefined;
}

const MIRROR = "http://deb.debian.org/debian";
/** The keys of Debian's archive; other distributions have a package of them, too. */
export const KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

/** Whether a suite may have this name, which becomes a directory and a word of a file. */
export function isSuiteName(name: string): boolean {
  return /^[a-z][a-z-]*$/.test(name);
}

/**
 * The options by which apt speaks of a source: none for this machine's own, whose lists are the
 * machine's. Another one gets a place of its own, in which nothing is installed.
 * @throws Error when its lists cannot be had
 */
export async function aptOptions({ machine, suite }: PackageSource): Promise<readonly string[]> {
  if (machine.arch === HERE && suite === undefined) return [];
  const place = join(cacheDirectory("apt"), `${machine.debian}${suite ? `-${suite}` : ""}`);
  const at = (name: string): string => join(place, name);
  for (const name of ["lists/partial", "cache/archives/partial"]) {
    mkdirSync(at(name), { recursive: true });
  }
  writeFileSync(at("status"), "");
  const settings = [
    ...[`APT::Architecture=${machine.debian}`, `APT::Architectures=${machine.debian}`],
    ...[`Dir::State::Lists=${at("lists")}`, `Dir::State::Status=${at("status")}`],
    `Dir::Cache=${at("cache")}`,
    ...(suite === undefined ? [] : onlySuite(suite, at("sources.list"))),
    // The directory may be one that the user "_apt" cannot enter.
    "APT::Sandbox::User=root",
    "Acquire::Languages=none",
  ];
  const options = settings.flatMap((setting) => ["-o", setting]);
  const mark = at("updated");
  const age = Date.now() - (statSync(mark, { throwIfNoEntry: false })?.mtimeMs ?? 0);
  if (age > LISTS_MAX_AGE_MS) {
    const { exitCode, output } = await ask(["apt-get", ...options, "update", "-qq"]);
    if (exitCode === 0) writeFileSync(mark, "");
    // Without a network, what was downloaded before is used.
    else if (!existsSync(mark)) throw new Error(`apt-get update: ${output.trim()}`);
  }
  return options;
}

function onlySuite(suite: string, list: string): string[] {
  if (!existsSync(KEYRING)) throw new Error(`${KEYRING}: the package debian-archive-keyring`);
  writeFileSync(list, `deb [signed-by=${KEYRING}] ${MIRROR} ${suite} main\n`);
  return [`Dir::Etc::SourceList=${list}`, "Dir::Etc::SourceParts=/dev/null"];
}
