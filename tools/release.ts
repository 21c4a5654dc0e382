/**
 * `npm run release`: makes the files of a release of the commit that is checked out, signs them, and says
 * how to publish them. docs/releases.md says what a releaser needs.
 *
 * - `-- --dry-run`: with a key of its own, and without what this machine cannot make.
 * - `-- --key FILE`: signs with that OpenSSH key, private, or public with an agent.
 * - `-- --complete`, of a dry run: fails when this machine cannot make a part, as a release does.
 * - `-- --twice`: makes everything twice in different places, and compares.
 * - `-- --out DIR`: another place than release/.
 * - `-- --quick`, of a dry run: from the work tree as it is, without a clone.
 * - `-- --only PART`, of a dry run: that part alone; repeatable.
 */
import { join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { unlike } from "./release/judge.ts";
import { ReleaseFailure } from "./release/must.ts";
import { ALLOWED, release } from "./release/release.ts";
import { filesTable, nextSteps, notMadeText } from "./release/tell.ts";
import { ROOT } from "./test/files.ts";
import { inScratch } from "./test/process.ts";

try {
  const { values } = parseArgs({
    options: {
      "dry-run": { type: "boolean", default: false },
      complete: { type: "boolean", default: false },
      twice: { type: "boolean", default: false },
      quick: { type: "boolean", default: false },
      only: { type: "string", multiple: true, default: [] },
      out: { type: "string", default: join(ROOT, "release") },
      key: { type: "string" },
    },
  });
  const { "dry-run": dryRun, complete, twice, quick, only, key } = values;
  if (dryRun && key !== undefined) {
    throw new ReleaseFailure("--dry-run signs with a key of its own: --key is for a release alone");
  }
  if (quick && (!dryRun || twice)) {
    throw new ReleaseFailure("--quick is for --dry-run alone: what it makes is of no commit");
  }
  if (only.length > 0 && !dryRun) throw new ReleaseFailure("a release has all of its parts");
  if (key === undefined && !dryRun) {
    throw new ReleaseFailure("a release is signed: --key names your key (docs/releases.md)");
  }
  const out = resolve(values.out);
  const made = await inScratch(async (scratch) => {
    const named = key === undefined ? {} : { key: resolve(key) };
    return await release({ complete, twice, quick, only, out, scratch, ...named });
  });
  console.log(`Hawser ${made.version}, commit ${made.commit}, in ${out}:`);
  console.log(filesTable(made.files, made.verdicts));
  if (made.missing.length > 0) console.log(notMadeText(made.missing));
  if (key === undefined) {
    console.log(`This was a dry run: it is signed with a key that ${ALLOWED} does not have.`);
  } else {
    const names = made.files.map(({ name }) => name);
    const place = relative(process.cwd(), out) || ".";
    const { version, commit } = made;
    console.log(nextSteps({ version, commit, out: place, names, key: resolve(key) }));
  }
  const differing = unlike(made.verdicts);
  if (differing.length > 0) {
    console.error(`Two builds were not the same:\n${differing.join("\n")}`);
    process.exitCode = 1;
  }
} catch (error) {
  if (!(error instanceof ReleaseFailure || error instanceof TypeError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
