import { mkdirSync } from "node:fs";
import { join } from "node:path";
import * as v from "valibot";
import { type Commit, cloneAt } from "./commit.ts";
import { must, ReleaseFailure } from "./must.ts";

/** What `make.ts` tells of the files that it made. */

const TEXTS = v.record(v.string(), v.string());
const MADE = v.object({
  files: v.array(v.string()),
  missing: v.array(v.object({ name: v.string(), why: v.string() })),
  materials: v.array(
    v.object({
      name: v.string(),
      uri: v.exactOptional(v.string()),
      digest: v.exactOptional(TEXTS),
    }),
  ),
  programs: TEXTS,
});

export type Made = v.InferOutput<typeof MADE>;

/** What shall be made, and where the files go. */
export interface Wanted {
  readonly out: string;
  /** Names of parts; none for all. */
  readonly only: readonly string[];
  /** From dist as it was built. */
  readonly quick?: boolean;
}

/** Makes the files in a clone of its own below a directory that is not there yet. */
export async function makeInClone(
  repository: string,
  commit: Commit,
  directory: string,
  { out, only }: Wanted,
): Promise<Made> {
  mkdirSync(directory, { recursive: true });
  const clone = join(directory, "hawser");
  console.error(`in a clone (${clone}):`);
  await cloneAt(repository, commit, clone);
  const install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
  await must(install, { cwd: clone });
  return await makeIn(clone, { out, only });
}

/** The same in a repository as it lies there. */
export async function makeIn(repository: string, { out, only, quick }: Wanted): Promise<Made> {
  const program = ["node", "tools/bun.mjs", "tools/release/make.ts"];
  const words = [...(quick ? ["--quick"] : []), ...only.flatMap((name) => ["--only", name])];
  const argv = [...program, ...words, out];
  const child = Bun.spawn(argv, {
    cwd: repository,
    env: { ...process.env, LC_ALL: "C.UTF-8", TZ: "UTC" },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const text = await new Response(child.stdout).text();
  if ((await child.exited) !== 0) throw new ReleaseFailure("the files could not be made");
  // Tools that the parts start may have written before.
  const last = text.trimEnd().split("\n").at(-1) ?? "";
  return v.parse(MADE, JSON.parse(last));
}
