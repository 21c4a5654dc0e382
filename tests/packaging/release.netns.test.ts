import { afterAll, beforeAll, expect } from "bun:test";
import { appendFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { VERSION } from "../../src/base/index.ts";
import { entriesMissing } from "../support/daemon.ts";
import { must, run } from "../support/exec.ts";
import { needs, skipBecause } from "../support/needs.ts";
import { patient } from "../support/patience.ts";
import { rejection } from "../support/rejection.ts";

/** A dry run of a release from dist, of the parts that cost little; and what a user does with the files. */

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const RELEASE = ["npm", "run", "--silent", "release", "--"];
const ONLY = ["--only", "tarball-x86-64", "--only", "sbom"];
const NAME = `hawser-${VERSION}-linux-x86-64`;
const TIMEOUT_MS = 120_000;

const missing = entriesMissing() ?? (process.arch === "x64" ? undefined : "x86-64");
const built = missing === undefined ? needs("git", "tar", "ssh-keygen") : skipBecause(missing);

let directory = "";
let out = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "release-"));
  out = join(directory, "out");
});
afterAll(() => rmSync(directory, { recursive: true }));

built(
  "a dry run lists its files; they are verified, and the tarball installs",
  async () => {
    const answer = await run([...RELEASE, "--dry-run", "--quick", ...ONLY, "--out", out], {
      cwd: ROOT,
      timeoutMs: TIMEOUT_MS,
    });
    expect([answer.exitCode, answer.stdout.includes("This was a dry run")]).toEqual([0, true]);
    const names = readdirSync(out).sort();
    expect(names).toEqual(
      [
        ...["NOTES.md", "SHA256SUMS", "SHA256SUMS.sig", "allowed-signers"],
        ...[`${NAME}.tar.gz`, `hawser-${VERSION}.cdx.json`, `hawser-${VERSION}.intoto.jsonl`],
      ].sort(),
    );
    for (const name of names) {
      expect(answer.stdout).toMatch(new RegExp(`^${name} +\\d+ +[0-9a-f]{64}$`, "mu"));
    }
    // What is of the dry run's own key is no file to vouch for.
    const sums = readFileSync(join(out, "SHA256SUMS"), "utf8");
    const listed = [...sums.matchAll(/^[0-9a-f]{64} {2}(.+)$/gmu)].map(([, name]) => name);
    expect(listed).toEqual(["NOTES.md", `${NAME}.tar.gz`, `hawser-${VERSION}.cdx.json`].sort());
    const page = readFileSync(join(ROOT, "docs/releases.md"), "utf8");
    const commands = /```sh\n(ssh-keygen [^`]+)```/u.exec(page)?.[1] ?? "exit 1";
    expect(await must(["sh", "-ec", commands], { cwd: out })).toContain(`${NAME}.tar.gz: OK`);

    await must(["tar", "-xzf", join(out, `${NAME}.tar.gz`)], { cwd: directory });
    const tree = join(directory, NAME);
    const top = ["CHANGELOG.md", "LICENSE", "README.md", "SECURITY.md", "THIRD-PARTY.txt"];
    expect(readdirSync(tree).sort()).toEqual(
      [...top, "entry", "hawser", "share", "systemd"].sort(),
    );
    expect(readdirSync(join(tree, "share/man/man1"))).toContain("hawser-add.1");
    const bin = join(directory, "bin");
    await must([join(tree, "hawser"), "install", "--bin-dir", bin]);
    expect(readFileSync(join(bin, "bridge"))).toEqual(readFileSync(join(tree, "entry/bridge")));
    expect(await must([join(bin, "hawser"), "version"])).toBe(`hawser ${VERSION}\n`);

    appendFileSync(join(out, `hawser-${VERSION}.cdx.json`), "x");
    const changed = await run(["sh", "-ec", commands], { cwd: out });
    expect([changed.exitCode, changed.stdout.includes("FAILED")]).toEqual([1, true]);
    appendFileSync(join(out, "SHA256SUMS"), sums);
    const resigned = await run(["sh", "-ec", commands], { cwd: out });
    expect(resigned.stdout).toBe("Could not verify signature.\n");
  },
  patient(TIMEOUT_MS),
);

built(
  "a release is refused in parts, and among files that are no release's",
  async () => {
    const own = join(directory, "own");
    mkdirSync(own);
    await Bun.write(join(own, "thesis.txt"), "years of work");
    const into = async (target: string): ReturnType<typeof run> =>
      await run([...RELEASE, "--dry-run", "--quick", "--only", "sbom", "--out", target], {
        cwd: ROOT,
        timeoutMs: TIMEOUT_MS,
      });
    const foreign = await into(own);
    expect([foreign.exitCode, readdirSync(own)]).toEqual([1, ["thesis.txt"]]);
    expect(foreign.stderr).toContain("has other files than a release's");
    // Beside a release, too: the one before stays as it is.
    await Bun.write(join(out, "thesis.txt"), "years of work");
    const before = readdirSync(out).sort();
    const beside = await into(out);
    expect([beside.exitCode, readdirSync(out).sort()]).toEqual([1, before]);
    rmSync(join(out, "thesis.txt"));
    const replaced = await into(out);
    expect([replaced.exitCode, replaced.stderr.includes("sbom")]).toEqual([0, true]);
    expect(readdirSync(out)).not.toContain(`${NAME}.tar.gz`);
    const partial = await run([...RELEASE, "--only", "sbom"], { cwd: ROOT });
    expect([partial.exitCode, partial.stderr]).toEqual([1, "a release has all of its parts\n"]);
    const unknown = await run([...RELEASE, "--dry-run", "--only", "sbon"], { cwd: ROOT });
    expect([unknown.exitCode, unknown.stderr.startsWith("no part sbon; ")]).toEqual([1, true]);
  },
  patient(TIMEOUT_MS),
);

built(
  "a work tree that differs from its commit is refused, by the names of the files, as are tags of others",
  async () => {
    const clone = join(directory, "clone");
    const git = async (...words: string[]): Promise<string> =>
      await must([
        "git",
        "-c",
        "user.name=x",
        "-c",
        "user.email=x@example.com",
        "-C",
        clone,
        ...words,
      ]);
    await must(["git", "init", "--quiet", clone]);
    await Bun.write(join(clone, "a"), "text");
    await git("add", "a");
    await git("commit", "--quiet", "--message", "one");
    const { cleanCommit, cloneAt } = await import("../../tools/release/commit.ts");
    const commit = await cleanCommit(clone);
    expect(commit.id).toBe((await git("rev-parse", "HEAD")).trim());
    const copy = join(directory, "copy");
    await cloneAt(clone, commit, copy);
    expect(readFileSync(join(copy, "a"), "utf8")).toBe("text");
    await Bun.write(join(clone, "a"), "another");
    await Bun.write(join(clone, "b"), "new");
    const { message } = await rejection(cleanCommit(clone));
    expect(message).toEndWith("not as committed:\n M a\n?? b");

    const { refuseOtherTags } = await import("../../tools/release/tags.ts");
    const judge = async (version: string, isDryRun: boolean): Promise<void> =>
      await refuseOtherTags(clone, commit, version, isDryRun);
    await git("tag", "v1.2.4");
    expect((await rejection(judge("1.2.3", true))).message).toBe(
      "the commit has the tag v1.2.4, and its version is 1.2.3",
    );
    await judge("1.2.4", false);
    await git("commit", "--quiet", "--all", "--message", "two");
    await git("tag", "v1.2.3");
    await git("tag", "--delete", "v1.2.4");
    await judge("1.2.3", true);
    expect((await rejection(judge("1.2.3", false))).message).toContain("is at another commit");

    // As hosted CI checks out: the newest commit alone.
    const shallow = join(directory, "shallow");
    await must(["git", "clone", "--quiet", "--depth", "1", `file://${clone}`, shallow]);
    await git("clean", "--quiet", "--force");
    const newest = await cleanCommit(shallow);
    await cloneAt(shallow, newest, join(directory, "of-shallow"));
    expect(readFileSync(join(directory, "of-shallow/a"), "utf8")).toBe("another");
  },
);
