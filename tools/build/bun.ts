import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import * as v from "valibot";
import { makeOnce } from "../cache.ts";
import { ROOT } from "../test/files.ts";
import { run } from "../test/process.ts";
import { HERE, machineOfFile, type Target } from "./architecture.ts";

/** Bun for another architecture: npm's package of it, as the lock file pins it. */

const CACHE = join(ROOT, ".cache");
const DOWNLOAD_SECONDS = 300;

const LOCK = v.object({
  packages: v.record(
    v.string(),
    v.object({ version: v.optional(v.string()), integrity: v.optional(v.string()) }),
  ),
});

interface Pinned {
  readonly version: string;
  /** As npm writes it: the name of a digest and its value in base64. */
  readonly integrity: string;
}

/** Where the executable is, or will be once it was downloaded. */
export function cachedBun(target: Target): string {
  const { version } = pinned(target);
  return join(CACHE, `${basename(target.bunPackage)}-${version}`, "bun");
}

/**
 * The Bun that an executable for a machine is made of; undefined for this machine, whose Bun does the
 * build. Downloads it when it is not in the cache.
 * @throws Error when it cannot be had, or is not what the lock file says
 */
export async function bunFor(target: Target): Promise<string | undefined> {
  if (target.arch === HERE) return undefined;
  const path = cachedBun(target);
  await makeOnce(dirname(path), async (scratch) => await download(target, scratch));
  return path;
}

function pinned({ bunPackage }: Target): Pinned {
  const text = readFileSync(join(ROOT, "package-lock.json"), "utf8");
  const found = v.parse(LOCK, JSON.parse(text)).packages[`node_modules/${bunPackage}`];
  if (found?.version === undefined || found.integrity === undefined) {
    throw new Error(`package-lock.json does not pin ${bunPackage}`);
  }
  return { version: found.version, integrity: found.integrity };
}

async function download(target: Target, scratch: string): Promise<string> {
  const { version, integrity } = pinned(target);
  const name = `${target.bunPackage}@${version}`;
  await must(["npm", "pack", "--silent", "--pack-destination", scratch, name], scratch);
  const [file = ""] = readdirSync(scratch).filter((each) => each.endsWith(".tgz"));
  const archive = join(scratch, file);
  requireIntegrity(name, readFileSync(archive), integrity);
  await must(["tar", "-xzf", archive], scratch);
  const unpacked = join(scratch, "package/bin");
  if (machineOfFile(join(unpacked, "bun")) !== target.machine) {
    throw new Error(`${name} is not for ${target.arch}`);
  }
  return unpacked;
}

/** @throws Error when an archive is not the one that the lock file pins */
export function requireIntegrity(name: string, archive: Uint8Array, integrity: string): void {
  const [algorithm = "", wanted] = /^(sha512)-(.+)$/u.exec(integrity)?.slice(1) ?? [];
  if (algorithm !== "sha512") throw new Error(`the lock file's digest of ${name} is no SHA-512`);
  const found = new Bun.CryptoHasher("sha512").update(archive).digest("base64");
  if (found !== wanted) throw new Error(`${name} is not the package that the lock file pins`);
}

async function must(argv: readonly string[], cwd: string): Promise<void> {
  const { exitCode, output } = await run(argv, { cwd, timeoutSeconds: DOWNLOAD_SECONDS });
  if (exitCode !== 0) throw new Error(`${argv.join(" ")}: ${output.trim()}`);
}
