import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import {
  ARCHITECTURES,
  type Architecture,
  compilerOf,
  HERE,
  targetOf,
} from "../build/architecture.ts";
import { build, buildFor } from "../build/build.ts";
import { CREATE_PLUGIN } from "../create-plugin/place.ts";
import { packAsIs, packBuilt } from "../package/pack.ts";
import { makePackages } from "../packages/index.ts";
import { ROOT } from "../test/files.ts";
import { packImage } from "./image.ts";
import { layOut, sharedFiles } from "./layout.ts";
import { ReleaseFailure } from "./must.ts";
import { type SbomContent, sbomText } from "./sbom.ts";
import { packTarGz } from "./tarball.ts";
import { thirdPartyText } from "./third-party.ts";

/** What a release consists of: each part makes some of its files. */

export interface Making {
  /** Where the files go. */
  readonly out: string;
  readonly scratch: string;
  readonly version: string;
  readonly commit: string;
  readonly epochSeconds: number;
  /** What the SBOM tells of others' work. */
  readonly bill: Pick<SbomContent, "packages" | "bun" | "libraries">;
}

export interface Part {
  readonly name: string;
  /**
   * Gives the names of the files.
   * @throws Error when the part cannot be made on this machine
   */
  readonly make: (making: Making) => Promise<readonly string[]>;
}

const DIST = join(ROOT, "dist");

const PARTS: readonly Part[] = [
  ...ARCHITECTURES.map((arch) => ({
    name: `tarball-${arch}`,
    make: async (making: Making): Promise<string[]> => [await tarball(making, arch)],
  })),
  ...ARCHITECTURES.map((arch) => ({
    name: `packages-${arch}`,
    make: async (making: Making): Promise<string[]> => await distributions(making, arch),
  })),
  { name: "npm", make: npmPackages },
  { name: `image-${HERE}`, make: async (making) => [await image(making)] },
  { name: "sbom", make: async (making) => [sbom(making)] },
];

/**
 * The parts of these names; none means all.
 * @throws ReleaseFailure for a name that no part has
 */
export function partsNamed(names: readonly string[]): readonly Part[] {
  const known = PARTS.map(({ name }) => name);
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0) {
    throw new ReleaseFailure(`no part ${unknown.join(", ")}; there are ${known.join(", ")}`);
  }
  return PARTS.filter(({ name }) => names.length === 0 || names.includes(name));
}

/** Builds for a machine; gives the directory, laid out as dist. */
async function distFor(arch: Architecture): Promise<string> {
  if (compilerOf(targetOf(arch)) === undefined) {
    throw new ReleaseFailure(`no C compiler for ${arch}, which the entry programs need`);
  }
  if (arch === HERE) {
    await build();
    return DIST;
  }
  const out = join(DIST, arch);
  await buildFor({ arch, out });
  return out;
}

async function tarball(making: Making, arch: Architecture): Promise<string> {
  const { out, scratch, version, epochSeconds } = making;
  const dist = await distFor(arch);
  const name = `hawser-${version}-linux-${arch}`;
  const parent = join(scratch, `tarball-${arch}`);
  mkdirSync(parent);
  // One that runs here writes the manual, also of a tarball for another machine that is made alone.
  await build();
  const share = await sharedFiles(join(DIST, "hawser"), parent);
  const notices = await thirdPartyText();
  layOut({ version, dist, share, notices, directory: join(parent, name) });
  const target = join(out, `${name}.tar.gz`);
  await packTarGz({ parent, names: [name], target, epochSeconds });
  return basename(target);
}

/** The packages of distributions. */
async function distributions(making: Making, arch: Architecture): Promise<string[]> {
  const { out, version, epochSeconds } = making;
  const paths = await makePackages({ dist: await distFor(arch), out, version, arch, epochSeconds });
  return paths.map((path) => basename(path));
}

/** npm gives every file of a package the same time, whatever the clock says. */
async function npmPackages({ out, scratch }: Making): Promise<string[]> {
  await build();
  const directory = join(scratch, "npm");
  const packed = [await packBuilt(directory), await packAsIs(CREATE_PLUGIN, directory)];
  return packed.map(({ tarball: from }) => {
    copyFileSync(from, join(out, basename(from)));
    return basename(from);
  });
}

async function image(making: Making): Promise<string> {
  const { out, version } = making;
  const scratch = join(making.scratch, "image");
  mkdirSync(scratch);
  const target = join(out, `hawser-${version}-oci-${HERE}.tar`);
  await packImage({ ...making, dist: await distFor(HERE), target, scratch });
  return basename(target);
}

function sbom({ out, version, commit, epochSeconds, bill }: Making): string {
  const name = `hawser-${version}.cdx.json`;
  writeFileSync(join(out, name), sbomText({ version, commit, epochSeconds, ...bill }));
  return name;
}
