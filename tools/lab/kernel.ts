import { existsSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { homedir } from "node:os";
import { basename, join } from "node:path";
import { type RunResult, run } from "../test/process.ts";
import { sourcesOf } from "./suite.ts";

/** Debian's kernel for virtual machines: downloaded and unpacked, never installed. */

const META_PACKAGE = "linux-image-cloud-amd64";
const DOWNLOAD_SECONDS = 180;

export interface Kernel {
  /** As `uname -r` says it. */
  readonly release: string;
  /** The file that is booted. */
  readonly image: string;
  /** The directory that holds `lib/modules`. */
  readonly root: string;
}

/**
 * The kernel, from the cache or from Debian's mirror: the newest that this machine's package sources offer, or
 * that of another suite of Debian.
 * @throws Error with what keeps it from being had
 */
export async function findKernel(
  suite?: string,
  cache: string = cacheDirectory(),
): Promise<Kernel> {
  mkdirSync(cache, { recursive: true });
  const sources = suite === undefined ? [] : await sourcesOf(suite, join(cache, "suites"), must);
  const wanted = await newestPackage(sources);
  if (wanted === undefined) {
    if (suite !== undefined) throw new Error(`${suite} offers no ${META_PACKAGE}`);
    const kept = readdirSync(cache).filter((name) => kernelIn(join(cache, name)) !== undefined);
    const [last] = kept.sort(Bun.semver.order).reverse();
    const kernel = last === undefined ? undefined : kernelIn(join(cache, last));
    if (kernel === undefined) {
      throw new Error(`no package source offers ${META_PACKAGE}, and none is in ${cache}`);
    }
    return kernel;
  }
  const directory = join(cache, wanted.replace("=", "_").replaceAll(":", "_"));
  return kernelIn(directory) ?? (await unpack(wanted, directory, sources));
}

/** Where kernels are kept from run to run, and from checkout to checkout. */
function cacheDirectory(): string {
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "hawser", "kernels");
}

function kernelIn(root: string): Kernel | undefined {
  const modules = join(root, "lib/modules");
  const release = existsSync(modules) ? readdirSync(modules)[0] : undefined;
  const image = join(root, `boot/vmlinuz-${release ?? ""}`);
  return release === undefined || !existsSync(image) ? undefined : { release, image, root };
}

/** The package that the meta package stands for, as `name=version`. */
async function newestPackage(sources: readonly string[]): Promise<string | undefined> {
  const show = ["show", "--no-all-versions", META_PACKAGE];
  const shown = await ask(["apt-cache", ...sources, ...show]);
  const [, name, version] = /^Depends:.*?(linux-image-\S+) \(= ([^)]+)\)/m.exec(shown.output) ?? [];
  return shown.exitCode === 0 && name !== undefined ? `${name}=${version}` : undefined;
}

async function unpack(
  wanted: string,
  directory: string,
  sources: readonly string[],
): Promise<Kernel> {
  const scratch = mkdtempSync(`${directory}-`);
  try {
    // Readable for the user "_apt", which apt-get downloads as where it can.
    await must(["chmod", "755", scratch]);
    await must(["apt-get", ...sources, "download", "-qq", wanted], scratch);
    const [file] = readdirSync(scratch).filter((name) => name.endsWith(".deb"));
    const root = join(scratch, "root");
    await must(["dpkg", "-x", join(scratch, file ?? ""), root]);
    const release = kernelIn(root)?.release;
    if (release === undefined) throw new Error(`the package ${wanted} holds no kernel`);
    await must([program("depmod"), "-b", root, release]);
    renameSync(root, directory);
  } catch (error) {
    // Another run may have been quicker.
    if (kernelIn(directory) === undefined) throw error;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  const kernel = kernelIn(directory);
  if (kernel === undefined) throw new Error(`${basename(directory)} did not unpack`);
  return kernel;
}

/** Where a program stands, even when it is one for root and the user is not. */
export function findProgram(name: string): string | undefined {
  const path = `${process.env["PATH"] ?? ""}:/usr/local/sbin:/usr/sbin:/sbin`;
  return Bun.which(name, { PATH: path }) ?? undefined;
}

function program(name: string): string {
  return findProgram(name) ?? name;
}

async function ask(argv: readonly string[], cwd = "/"): Promise<RunResult> {
  return await run(argv, { cwd, timeoutSeconds: DOWNLOAD_SECONDS });
}

async function must(argv: readonly string[], cwd = "/"): Promise<void> {
  const answer = await ask(argv, cwd);
  if (answer.exitCode !== 0) throw new Error(`${argv.join(" ")}: ${answer.output.trim()}`);
}
