import { copyFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { VERSION } from "../../src/base/index.ts";
import { ROOT } from "../test/files.ts";
import { type Commit, cleanCommit, headOf } from "./commit.ts";
import { compareFiles, type Verdict } from "./compare.ts";
import { type ReleaseFile, releaseFile, SUMS, sumsText } from "./digest.ts";
import { refuseMissing, refuseUnlike } from "./judge.ts";
import { originOf, withWholeLinks } from "./links.ts";
import { type Made, makeIn, makeInClone } from "./made.ts";
import { ReleaseFailure } from "./must.ts";
import { releaseNotes } from "./notes.ts";
import { partsNamed } from "./parts.ts";
import { NOTES, putInPlace, releaseIn } from "./place.ts";
import { sealed, statementText } from "./provenance.ts";
import {
  isAllowed,
  publicKeyOf,
  sign,
  throwawayKey,
  trySigning,
  verifySignature,
  writeAllowed,
} from "./signature.ts";
import { refuseOtherTags } from "./tags.ts";
import type { NotMade } from "./tell.ts";

/** Makes a release. */

export interface ReleaseOptions {
  /**
   * The releaser's key. Without one it is a dry run: it signs with a key of its own, and nothing is required
   * that only a releaser has.
   */
  readonly key?: string;
  /** For a dry run: a part that cannot be made here is a failure, as it is of a release. */
  readonly complete: boolean;
  /** Makes everything twice, and compares. */
  readonly twice: boolean;
  /** For a dry run: takes the work tree as it lies there, and dist as it was built, to try the tool itself. */
  readonly quick: boolean;
  /** Names of parts, for a dry run; none for all. */
  readonly only: readonly string[];
  readonly out: string;
  readonly scratch: string;
}

export interface Release {
  readonly version: string;
  readonly commit: string;
  readonly files: readonly ReleaseFile[];
  /** By the names of files; empty where nothing was made twice. */
  readonly verdicts: ReadonlyMap<string, Verdict>;
  readonly missing: readonly NotMade[];
}

/** The keys that the repository trusts, as ssh-keygen reads them. */
export const ALLOWED = "packaging/allowed-signers";

/** @throws ReleaseFailure when something is missing, or not as it has to be; nothing is changed then */
export async function release(options: ReleaseOptions): Promise<Release> {
  const { key, complete, quick, scratch, out, only } = options;
  const isDryRun = key === undefined;
  partsNamed(only);
  const commit = quick ? await headOf(ROOT) : await cleanCommit(ROOT);
  if (!quick) await refuseOtherTags(ROOT, commit, VERSION, isDryRun);
  const changelog = readFileSync(join(ROOT, "CHANGELOG.md"), "utf8");
  const notes = withWholeLinks(releaseNotes(changelog, VERSION, isDryRun), originOf(VERSION));
  const keys = isDryRun ? await ownKeys(scratch) : keysOf(key);
  // Now, and not only when all has been made.
  releaseIn(out);
  if (!isDryRun) await trySigning(keys.key, keys.allowed, scratch);
  const staged = join(scratch, "release");
  const made = quick
    ? await makeIn(ROOT, { out: staged, only, quick })
    : await makeInClone(ROOT, commit, join(scratch, "one"), { out: staged, only });
  if (complete || !isDryRun) refuseMissing(made.missing);
  const verdicts = options.twice ? await second(commit, made, staged, options) : new Map();
  if (!isDryRun) refuseUnlike(verdicts);
  writeFileSync(join(staged, NOTES), notes);
  const names = await finish(staged, made, commit, { ...keys, isDryRun, scratch });
  putInPlace(staged, names, out);
  const files = names.sort().map((name) => releaseFile(join(out, name)));
  return { version: VERSION, commit: commit.id, files, verdicts, missing: made.missing };
}

/** Another clone, in a directory whose path is of another length. */
async function second(
  commit: Commit,
  made: Made,
  first: string,
  { scratch, only }: ReleaseOptions,
): Promise<Map<string, Verdict>> {
  const again = join(scratch, "again");
  await makeInClone(ROOT, commit, join(scratch, "in-another-place/two"), {
    out: again,
    only,
  });
  const verdicts = new Map<string, Verdict>();
  for (const name of made.files) {
    const work = join(scratch, `compared-${name}`);
    const verdict = existsSync(join(again, name))
      ? await compareFiles(join(first, name), join(again, name), work)
      : "no: the second build did not make it";
    verdicts.set(name, verdict);
  }
  return verdicts;
}

interface Keys {
  readonly key: string;
  /** The file that says whose signatures count. */
  readonly allowed: string;
}

/** Of a dry run. */
async function ownKeys(scratch: string): Promise<Keys> {
  const key = await throwawayKey(scratch);
  const allowed = join(scratch, basename(ALLOWED));
  writeAllowed(allowed, publicKeyOf(key));
  return { key, allowed };
}

/** Of a release. */
function keysOf(key: string): Keys {
  const allowed = join(ROOT, ALLOWED);
  const text = existsSync(allowed) ? readFileSync(allowed, "utf8") : "";
  if (!isAllowed(text, publicKeyOf(key))) {
    throw new ReleaseFailure(`${ALLOWED} does not have this key: nobody could tell whose it is`);
  }
  return { key, allowed };
}

interface Finishing extends Keys {
  readonly isDryRun: boolean;
  readonly scratch: string;
}

/**
 * Provenance, sums and signatures, verified as a user verifies them. Gives the names of all files of the release:
 * what else lies in the directory is none.
 */
async function finish(
  staged: string,
  made: Made,
  { id, epochSeconds }: Commit,
  { key, allowed, isDryRun, scratch }: Finishing,
): Promise<string[]> {
  const files = (names: readonly string[]): ReleaseFile[] =>
    names.map((name) => releaseFile(join(staged, name)));
  const { repository } = originOf(VERSION);
  const statement = statementText({
    ...{ version: VERSION, commit: id, epochSeconds, repository, subjects: files(made.files) },
    ...{ materials: made.materials, programs: made.programs },
  });
  const provenance = `hawser-${VERSION}.intoto.jsonl`;
  writeFileSync(join(staged, provenance), await sealed(statement, key, allowed, scratch));
  // The key of a dry run stands in no repository; with its line the signature can be verified.
  if (isDryRun) copyFileSync(allowed, join(staged, basename(ALLOWED)));
  // What is of that key is not listed: a service that attests what the list has would vouch for it.
  const [listed, beside] = isDryRun ? [[], [provenance, basename(ALLOWED)]] : [[provenance], []];
  const summed = [...made.files, NOTES, ...listed];
  const sums = join(staged, SUMS);
  writeFileSync(sums, sumsText(files(summed)));
  const signature = basename(await sign(sums, key, "file"));
  await verifySignature(sums, allowed, "file");
  return [...summed, ...beside, SUMS, signature];
}
