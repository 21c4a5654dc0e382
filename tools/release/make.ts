/**
 * `node tools/bun.mjs tools/release/make.ts OUT`: makes the files of a release from the repository that it
 * stands in, unsigned, and writes to stdout what it made. `npm run release` runs it in a clean clone; with
 * `--quick`, where it stands, from dist as it is. `--only` names parts.
 */
import { existsSync, mkdirSync, readFileSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { errorText, VERSION } from "../../src/base/index.ts";
import { ARCHITECTURES, COMPILER, compilerOf, HERE, targetOf } from "../build/architecture.ts";
import { bunFor, cachedBun } from "../build/bun.ts";
import { COMMIT_VARIABLE } from "../build/fingerprint.ts";
import { ROOT } from "../test/files.ts";
import { inScratch, run } from "../test/process.ts";
import { headOf } from "./commit.ts";
import { sha256Of } from "./digest.ts";
import { imageLibraries } from "./image.ts";
import type { Made } from "./made.ts";
import { type Making, partsNamed } from "./parts.ts";
import type { Material } from "./provenance.ts";
import type { NotMade } from "./tell.ts";
import { insideOfRelease } from "./third-party.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string", multiple: true, default: [] },
  },
});
const [target] = positionals;
if (target === undefined) throw new Error("which directory do the files go to?");
const out = resolve(target);
const parts = partsNamed(values.only);
mkdirSync(out, { recursive: true });
console.log(JSON.stringify(await inScratch(makeAll)));

async function makeAll(scratch: string): Promise<Made> {
  const { id: commit, epochSeconds } = await headOf(ROOT);
  if (!values.quick) process.env[COMMIT_VARIABLE] = commit;
  process.env["SOURCE_DATE_EPOCH"] = String(epochSeconds);
  const digests = await bunDigests();
  // The executable needs the libraries that the Bun inside of it needs.
  const libraries = await imageLibraries(process.execPath);
  const { packages, bunParts } = await insideOfRelease();
  const bun = { version: Bun.version, sha256: digests, parts: bunParts };
  const common = { out, version: VERSION, commit, epochSeconds };
  const making: Making = { ...common, scratch, bill: { packages, bun, libraries } };
  const files: string[] = [];
  const missing: NotMade[] = [];
  for (const { name, make } of parts) {
    const started = performance.now();
    try {
      files.push(...(await make(making)));
      const seconds = ((performance.now() - started) / 1000).toFixed(1);
      console.error(`  ${name} (${seconds} s)`);
    } catch (error) {
      missing.push({ name, why: errorText(error) });
    }
  }
  return { files, missing, materials: materials(digests), programs: await programs() };
}

/** Of the Bun that each executable is made of. */
async function bunDigests(): Promise<Record<string, string>> {
  const digests: Record<string, string> = {};
  for (const arch of ARCHITECTURES) {
    // To try the tool without a network, nothing is downloaded for its digest alone.
    if (values.quick && arch !== HERE && !existsSync(cachedBun(targetOf(arch)))) continue;
    try {
      const path = (await bunFor(targetOf(arch))) ?? realpathSync(process.execPath);
      digests[arch] = sha256Of(path);
    } catch {
      // The part that needs it says why it is not there.
    }
  }
  return digests;
}

function materials(digests: Readonly<Record<string, string>>): Material[] {
  const lock = sha256Of(join(ROOT, "package-lock.json"));
  return [
    { name: "package-lock.json", digest: { sha256: lock } },
    ...Object.entries(digests).map(([arch, sha256]) => {
      const { bunPackage } = targetOf(arch === "arm64" ? "arm64" : "x86-64");
      const uri = `pkg:npm/${bunPackage.replace("@", "%40")}@${Bun.version}`;
      return { name: `Bun for ${arch}`, uri, digest: { sha256 } };
    }),
  ];
}

/** Programs that are the machine's own: the first line of what each says of itself. */
async function programs(): Promise<Record<string, string>> {
  const asked: Record<string, readonly string[]> = {
    [COMPILER]: [COMPILER, "--version"],
    ...Object.fromEntries(
      ARCHITECTURES.filter((arch) => arch !== HERE).flatMap((arch) => {
        const argv = compilerOf(targetOf(arch));
        return argv === undefined ? [] : [[argv[0] ?? "", [...argv, "--version"]]];
      }),
    ),
    node: ["node", "--version"],
    npm: ["npm", "--version"],
    tar: ["tar", "--version"],
    "dpkg-deb": ["dpkg-deb", "--version"],
    rpmbuild: ["rpmbuild", "--version"],
    buildah: ["buildah", "--version"],
  };
  const told: Record<string, string> = { bun: `${Bun.version} (${Bun.revision})` };
  for (const [name, argv] of Object.entries(asked)) {
    const { exitCode, output } = await run(argv, { cwd: ROOT, timeoutSeconds: 20 });
    if (exitCode === 0) told[name] = output.split("\n")[0] ?? "";
  }
  const system = readFileSync("/etc/os-release", "utf8");
  told["system"] = /^PRETTY_NAME="?([^"\n]*)/mu.exec(system)?.[1] ?? "";
  return told;
}
