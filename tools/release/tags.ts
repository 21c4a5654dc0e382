import type { Commit } from "./commit.ts";
import { must, ReleaseFailure } from "./must.ts";

/** The tags of releases, `v1.2.3`: what a release is made of has to agree with them. */

const RELEASE_TAG = /^v\d/u;

/** The tag of a version's release. */
export function tagOf(version: string): string {
  return `v${version}`;
}

/**
 * @throws ReleaseFailure when the commit is tagged as the release of another version, or the version's own tag
 *   is at another commit; the second is no fault of a dry run, which may come after the release
 */
export async function refuseOtherTags(
  repository: string,
  { id }: Commit,
  version: string,
  isDryRun: boolean,
): Promise<void> {
  const own = tagOf(version);
  const here = await tags(repository, "--points-at", id);
  const other = here.find((name) => RELEASE_TAG.test(name) && name !== own);
  if (other !== undefined && !here.includes(own)) {
    throw new ReleaseFailure(`the commit has the tag ${other}, and its version is ${version}`);
  }
  if (isDryRun || here.includes(own)) return;
  if ((await tags(repository, own)).length > 0) {
    throw new ReleaseFailure(`the tag ${own} is at another commit: a version is released once`);
  }
}

async function tags(repository: string, ...words: readonly string[]): Promise<string[]> {
  const text = await must(["git", "tag", "--list", ...words], { cwd: repository });
  return text.split("\n").filter((name) => name !== "");
}
