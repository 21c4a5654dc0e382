import { expect, test } from "bun:test";
import { run } from "../../tests/support/exec.ts";
import { ROOT } from "../test/files.ts";
import { refuseMissing, refuseUnlike, unlike } from "./judge.ts";
import { nextSteps } from "./tell.ts";

/** What keeps a release from being made or signed. */

test("other bytes of a second build are told by their files, and refused", () => {
  refuseUnlike(new Map());
  refuseUnlike(new Map([["a.tgz", "yes"]]));
  const verdicts = new Map([
    ["a.tgz", "yes"],
    ["b.deb", "no: it differs from byte 7 on"],
  ] as const);
  expect(unlike(verdicts)).toEqual(["b.deb: no: it differs from byte 7 on"]);
  expect(() => refuseUnlike(verdicts)).toThrow(
    "nothing is signed, since two builds were not the same:\nb.deb: no: it differs from byte 7 on",
  );
});

test("a part that could not be made is refused with its reason", () => {
  refuseMissing([]);
  expect(() => refuseMissing([{ name: "image-arm64", why: "buildah is missing" }])).toThrow(
    "a release has all of its parts, and some could not be made\nnot made: image-arm64: buildah is missing",
  );
});

test("the files to be published are named, and not whatever else the directory has", () => {
  const names = ["NOTES.md", "hawser-1.2.3.tgz"];
  const made = { version: "1.2.3", commit: "c0ffee", out: "release" };
  const steps = nextSteps({ ...made, names, key: "/keys/own.pub" });
  expect(steps).toContain(
    "gh release create v1.2.3 --verify-tag --notes-file release/NOTES.md release/NOTES.md release/hawser-1.2.3.tgz\n",
  );
  // Without these words git would sign by GnuPG, with whatever key it has.
  expect(steps).toContain(
    'git -c gpg.format=ssh -c user.signingKey=/keys/own.pub tag --sign v1.2.3 --message "Hawser 1.2.3" c0ffee\n',
  );
});

test("a dry run takes no key, and a release needs one", async () => {
  const answerTo = async (...words: string[]): Promise<unknown> => {
    const argv = [process.execPath, "tools/release.ts", ...words];
    const { exitCode, stderr } = await run(argv, { cwd: ROOT });
    return [exitCode, stderr];
  };
  expect(await answerTo("--dry-run", "--quick", "--key", "package.json")).toEqual([
    1,
    "--dry-run signs with a key of its own: --key is for a release alone\n",
  ]);
  expect(await answerTo("--twice")).toEqual([
    1,
    "a release is signed: --key names your key (docs/releases.md)\n",
  ]);
});
