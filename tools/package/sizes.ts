import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { Packed } from "./pack.ts";
import type { Project } from "./project.ts";

/** How large the package and its doors are, and what it costs to load them. */

/** One door, measured. */
export interface DoorSize {
  readonly door: string;
  /** Of a bundle of all that it exports, minified and compressed, in bytes; with `import()` followed. */
  readonly bundled: number;
}

/** Bundles each door with all that it exports, as esbuild does, and gives the compressed sizes. */
export async function doorSizes(
  { directory, run }: Project,
  doors: readonly string[],
  esbuild: string,
): Promise<DoorSize[]> {
  const measured: DoorSize[] = [];
  mkdirSync(join(directory, "sizes"), { recursive: true });
  for (const door of doors) {
    const name = door.replace("/", "-");
    const [source, bundle] = [`sizes/${name}.mjs`, `sizes/${name}.bundled.mjs`];
    writeFileSync(join(directory, source), `export * from ${JSON.stringify(door)};\n`);
    const options = ["--bundle", "--platform=node", "--format=esm", "--minify"];
    const { exitCode, output } = await run([esbuild, source, ...options, `--outfile=${bundle}`]);
    if (exitCode !== 0) throw new Error(`esbuild of ${door} ended with ${exitCode}:\n${output}`);
    measured.push({ door, bundled: gzipSync(readFileSync(join(directory, bundle))).length });
  }
  return measured;
}

/** Rounds of a measurement of time, of which the middle one counts. */
const ROUNDS = 5;

/** Processor time of a process that loads a door and ends, less that of one that loads nothing: ms. */
export async function loadMs(project: Project, program: string, door: string): Promise<number> {
  const empty = await middle(async () => await processorMs(project, program, "node:path"));
  const loaded = await middle(async () => await processorMs(project, program, door));
  return Math.max(0, loaded - empty);
}

async function middle(measure: () => Promise<number>): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) times.push(await measure());
  return times.sort((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0;
}

async function processorMs({ run }: Project, program: string, module: string): Promise<number> {
  const code = `await import(${JSON.stringify(module)}); const { user, system } = process.cpuUsage(); console.log(user + system);`;
  const flags = program.endsWith("node") ? ["--input-type=module"] : [];
  const { exitCode, output } = await run([program, ...flags, "-e", code]);
  if (exitCode !== 0) throw new Error(`${program} ended with ${exitCode}:\n${output}`);
  return Number(output) / 1000;
}

/** The numbers in docs/package.md. */
export interface Numbers {
  readonly packed: Pick<Packed, "size" | "unpackedSize">;
  readonly doors: readonly (DoorSize & { readonly nodeMs: number; readonly bunMs: number })[];
}

/** The part of docs/package.md that `npm run package` writes. */
export const SIZES = {
  begin: "<!-- sizes: written by `npm run package` -->",
  end: "<!-- end of sizes -->",
};

/** The part as it is written. */
export function sizesText({ packed, doors }: Numbers): string {
  const rows = doors.map(({ door, bundled, nodeMs, bunMs }) => {
    return `| \`${door}\` | ${kilobytes(bundled)} | ${Math.round(nodeMs)} | ${Math.round(bunMs)} |`;
  });
  return [
    `The package is ${kilobytes(packed.size)} kB to fetch and ${kilobytes(packed.unpackedSize)} kB on disk, without its dependencies.`,
    "",
    "| door | bundled, kB | loaded by Node, ms | loaded by Bun, ms |",
    "| --- | ---: | ---: | ---: |",
    ...rows,
  ].join("\n");
}

/** What the part says: kilobytes by door, and those of the package as `packed` and `unpacked`. */
export function sizesIn(text: string): Map<string, number> {
  const [, packed = "", unpacked = ""] =
    /is (\d+) kB to fetch and (\d+) kB on disk/.exec(text) ?? [];
  const rows = [...text.matchAll(/^\| `(\S+)` \| (\d+) \|/gm)];
  return new Map([
    ["packed", Number(packed)],
    ["unpacked", Number(unpacked)],
    ...rows.map(([, door = "", size = ""]): [string, number] => [door, Number(size)]),
  ]);
}

/** Thousands of bytes. */
export function kilobytes(bytes: number): number {
  return Math.round(bytes / 1000);
}
