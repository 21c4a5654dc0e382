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

/** Makes the files in a clone of its own below a directory that is not there yet. */
export async function makeInClone(
  repository: string,
  commit: Commit,
  directory: string,
  out: string,
): Promise<Made> {
  mkdirSync(directory, { recursive: true });
  const clone = join(directory, "hawser");
  await cloneAt(repository, commit, clone);
  const install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline"];
  await must(install, { cwd: clone });
  return await makeIn(clone, out);
}

/** The same in a repository as it lies there. */
export async function makeIn(repository: string, out: string): Promise<Made> {
  const argv = ["node", "tools/bun.mjs", "tools/release/make.ts", out];
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
