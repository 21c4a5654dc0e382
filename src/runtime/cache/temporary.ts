import type { ProcessIdentity } from "../../locks/index.ts";

/** Names of files on their way into the cache: they name the writing process, so that a dead one is known. */

/** The name of a file that `owner` writes; `token` makes it unique among the owner's. */
export function temporaryName(owner: ProcessIdentity, token: string): string {
  const { boot, namespace, pid, start } = owner;
  return [boot, namespace, pid, start, token].join(".");
}

const NAME = /^([0-9a-z]+)\.([0-9a-z]+)\.(\d+)\.(\d+)\.[0-9a-z]+$/;

/** The writer of a file; undefined for a name of another form. */
export function writerOf(name: string): ProcessIdentity | undefined {
  const match = NAME.exec(name);
  if (match === null) return undefined;
  const [, boot = "", namespace = "", pid, start = ""] = match;
  return { boot, namespace, pid: Number(pid), start };
}
