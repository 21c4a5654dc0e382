import { must, ReleaseFailure } from "./must.ts";

/** The commit that a release is made of. */
export interface Commit {
  readonly id: string;
  /** When it was committed; every file of the release bears this time. */
  readonly epochSeconds: number;
}

/**
 * The commit that a repository stands at.
 * @throws ReleaseFailure when files differ from it
 */
export async function cleanCommit(repository: string): Promise<Commit> {
  const options = { cwd: repository };
  const changed = (await must(["git", "status", "--porcelain"], options)).trimEnd();
  if (changed !== "") {
    const lines = changed.split("\n");
    const more = lines.length > LISTED_MAX ? `\n… and ${lines.length - LISTED_MAX} more` : "";
    const list = lines.slice(0, LISTED_MAX).join("\n");
    throw new ReleaseFailure(
      `a release is made of a commit, and these files are not as committed:\n${list}${more}`,
    );
  }
  return await headOf(repository);
}

const LISTED_MAX = 10;

/** The commit that is checked out, whatever the files are like. */
export async function headOf(repository: string): Promise<Commit> {
  const shown = await must(["git", "log", "-1", "--format=%H %ct"], { cwd: repository });
  const [id = "", time = ""] = shown.trim().split(" ");
  return { id, epochSeconds: Number(time) };
}

/** A clone of its own at that commit, which shares no file with the repository. */
export async function cloneAt(repository: string, { id }: Commit, target: string): Promise<void> {
  const clone = ["git", "clone", "--quiet", "--no-hardlinks", "--no-checkout"];
  await must([...clone, repository, target], { cwd: repository });
  await must(["git", "checkout", "--quiet", "--detach", id], { cwd: target });
}
