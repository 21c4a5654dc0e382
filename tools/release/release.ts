import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { basename, join } from "node:path";
import * as v from "valibot";
import { VERSION } from "../../src/base/index.ts";
import { ROOT } from "../test/files.ts";
import { type Commit, cleanCommit, headOf } from "./commit.ts";
import { compareFiles, type Verdict } from "./compare.ts";
import { type ReleaseFile, releaseFile, sumsText } from "./digest.ts";
import { type Made, makeIn, makeInClone } from "./made.ts";
import { ReleaseFailure } from "./must.ts";
import { releaseNotes } from "./notes.ts";
import { sealed, statementText } from "./provenance.ts";
import {
  isAllowed,
  publicKeyOf,
  sign,
  throwawayKey,
  verifySignature,
  writeAllowed,
} from "./signature.ts";
import type { NotMade } from "./tell.ts";

/** Makes a release. */

export interface ReleaseOptions {
  /** Nothing is required that only a releaser has, and what cannot be made here is named. */
  readonly dryRun: boolean;
  /** Makes everything twice, and compares. */
  readonly twice: boolean;
  /** Takes the work tree as it lies there, and dist as it was built: to try the tool itself. */
  readonly quick: boolean;
  /** Names of parts, for a dry run; none for all. */
  readonly only: readonly string[];
  readonly out: string;
  /** The releaser's key; a dry run makes one for itself. */
  readonly key?: string;
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

const SUMS = "SHA256SUMS";
const NOTES = "NOTES.md";
/** The keys that the repository trusts, as ssh-keygen reads them. */
export const ALLOWED = "packaging/allowed-signers";
const MANIFEST = v.object({
  repository: v.optional(v.union([v.string(), v.object({ url: v.string() })])),
});

/** @throws ReleaseFailure when something is missing, or not as it has to be */
export async function release(options: ReleaseOptions): Promise<Release> {
  const { dryRun, quick, scratch, out, only } = options;
  const commit = quick ? await headOf(ROOT) : await cleanCommit(ROOT);
  const changelog = readFileSync(join(ROOT, "CHANGELOG.md"), "utf8");
  const notes = releaseNotes(changelog, VERSION, dryRun);
  const { key, allowed } = await keyOf(options);
  emptyDirectory(out);
  const first = quick ? out : join(scratch, "files");
  const made = quick
    ? await makeIn(ROOT, { out, only, quick })
    : await makeInClone(ROOT, commit, join(scratch, "one"), { out: first, only });
  if (made.missing.length > 0 && !dryRun) {
    const list = made.missing.map(({ name, why }) => `${name}: ${why}`).join("\n");
    throw new ReleaseFailure(
      `a release has all of its parts, and these could not be made:\n${list}`,
    );
  }
  const verdicts = options.twice ? await second(commit, made, first, options) : new Map();
  if (first !== out) for (const name of made.files) move(join(first, name), join(out, name));
  writeFileSync(join(out, NOTES), notes);
  // The key of a dry run stands in no repository; with its line the signature can be verified.
  if (dryRun) writeFileSync(join(out, basename(ALLOWED)), readFileSync(allowed));
  await finish(out, made, commit, { key, allowed, scratch });
  const files = readdirSync(out)
    .sort()
    .map((name) => releaseFile(join(out, name)));
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

async function keyOf({ key, dryRun, scratch }: ReleaseOptions): Promise<Keys> {
  if (key === undefined && !dryRun) {
    throw new ReleaseFailure("a release is signed: --key names your key (docs/releases.md)");
  }
  if (key === undefined || dryRun) {
    const used = key ?? (await throwawayKey(scratch));
    const allowed = join(scratch, "allowed-signers");
    writeAllowed(allowed, publicKeyOf(used));
    return { key: used, allowed };
  }
  const allowed = join(ROOT, ALLOWED);
  const text = existsSync(allowed) ? readFileSync(allowed, "utf8") : "";
  if (!isAllowed(text, publicKeyOf(key))) {
    throw new ReleaseFailure(`${ALLOWED} does not have this key: nobody could tell whose it is`);
  }
  return { key, allowed };
}

/** Provenance, sums and signatures; verified as a user verifies them. */
async function finish(
  out: string,
  made: Made,
  { id, epochSeconds }: Commit,
  { key, allowed, scratch }: Keys & { readonly scratch: string },
): Promise<void> {
  const subjects = made.files.map((name) => releaseFile(join(out, name)));
  const repository = repositoryOf();
  const statement = statementText({
    ...{ version: VERSION, commit: id, epochSeconds, subjects },
    ...(repository === undefined ? {} : { repository }),
    ...{ materials: made.materials, programs: made.programs },
  });
  const envelope = await sealed(statement, key, scratch);
  writeFileSync(join(out, `hawser-${VERSION}.intoto.jsonl`), envelope);
  const listed = readdirSync(out).map((name) => releaseFile(join(out, name)));
  const sums = join(out, SUMS);
  writeFileSync(sums, sumsText(listed));
  await sign(sums, key, "file");
  await verifySignature(sums, allowed, "file");
}

function repositoryOf(): string | undefined {
  const manifest: unknown = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));
  const { repository } = v.parse(MANIFEST, manifest);
  return typeof repository === "string" ? repository : repository?.url;
}

/** A directory with files that are no release is left alone. */
function emptyDirectory(out: string): void {
  if (existsSync(out)) {
    const names = readdirSync(out);
    if (names.length > 0 && !names.includes(SUMS)) {
      throw new ReleaseFailure(
        `${out} has other files than a release's: --out names another place`,
      );
    }
    for (const name of names) rmSync(join(out, name), { recursive: true });
  }
  mkdirSync(out, { recursive: true });
}

/** Scratch and target may be on two file systems. */
function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch {
    writeFileSync(to, readFileSync(from));
    rmSync(from);
  }
}
