import { existsSync, mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { cacheDirectory, makeOnce } from "../cache.ts";
import { aptOptions, ask, findProgram, KEYRING, must, type PackageSource } from "./apt.ts";

/** Debian's kernel for virtual machines: downloaded and unpacked, never installed. */

export interface Kernel {
  /** As `uname -r` says it. */
  readonly release: string;
  /** The file that is booted. */
  readonly image: string;
  /** The directory that holds `lib/modules`. */
  readonly root: string;
}

/**
 * The kernel, from the cache or from Debian's mirror: the newest that the source offers.
 * @throws Error with what keeps it from being had
 */
export async function findKernel(
  source: PackageSource,
  cache: string = cacheDirectory("kernels"),
): Promise<Kernel> {
  mkdirSync(cache, { recursive: true });
  const { machine, suite } = source;
  const meta = `linux-image-cloud-${machine.debian}`;
  const options = await aptOptions(source);
  const wanted = await newestPackage(meta, options);
  if (wanted === undefined) {
    if (suite === undefined && existsSync(KEYRING)) {
      // Another distribution with the keys of Debian, as Ubuntu has them.
      return await findKernel({ machine, suite: "stable" }, cache);
    }
    if (suite !== undefined) throw new Error(`${suite} offers no ${meta}`);
    const kept = readdirSync(cache)
      .filter((name) => name.includes(`-${machine.debian}_`))
      .filter((name) => kernelIn(join(cache, name)) !== undefined);
    const [last] = kept.sort(Bun.semver.order).reverse();
    const kernel = last === undefined ? undefined : kernelIn(join(cache, last));
    if (kernel === undefined) {
      throw new Error(`no package source offers ${meta}, and none is in ${cache}`);
    }
    return kernel;
  }
  const directory = join(cache, wanted.replace("=", "_").replaceAll(":", "_"));
  await makeOnce(directory, async (scratch) => await unpack(wanted, scratch, options));
  const kernel = kernelIn(directory);
  if (kernel === undefined) throw new Error(`there is no kernel in ${directory}`);
  return kernel;
}

function kernelIn(root: string): Kernel | undefined {
  const modules = join(root, "lib/modules");
  const release = existsSync(modules) ? readdirSync(modules)[0] : undefined;
  const image = join(root, `boot/vmlinuz-${release ?? ""}`);
  return release === undefined || !existsSync(image) ? undefined : { release, image, root };
}

/** The package that the meta package stands for, as `name=version`. */
async function newestPackage(
  meta: string,
  options: readonly string[],
): Promise<string | undefined> {
  const shown = await ask(["apt-cache", ...options, "show", "--no-all-versions", meta]);
  const [, name, version] = /^Depends:.*?(linux-image-\S+) \(= ([^)]+)\)/m.exec(shown.output) ?? [];
  return shown.exitCode === 0 && name !== undefined ? `${name}=${version}` : undefined;
}

async function unpack(
  wanted: string,
  scratch: string,
  options: readonly string[],
): Promise<string> {
  // Readable for the user "_apt", which apt-get downloads as where it can.
  await must(["chmod", "755", scratch]);
  await must(["apt-get", ...options, "download", "-qq", wanted], scratch);
  const [file] = readdirSync(scratch).filter((name) => name.endsWith(".deb"));
  const root = join(scratch, "root");
  await must(["dpkg", "-x", join(scratch, file ?? ""), root]);
  const release = kernelIn(root)?.release;
  if (release === undefined) throw new Error(`the package ${wanted} holds no kernel`);
  await must([findProgram("depmod") ?? "depmod", "-b", root, release]);
  return root;
}
