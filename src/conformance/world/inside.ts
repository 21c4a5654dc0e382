import { lstatSync, readlinkSync } from "node:fs";

/** Paths of a world as this process reaches them. */

/** As many links as the kernel follows. */
const LINKS_MAX = 40;

/**
 * A path below the root of another process. What a subject has made there may be a link, and the kernel
 * would follow an absolute one from the root of this process: links are followed here, and lead nowhere
 * else.
 */
export function below(root: string, path: string): string {
  let waiting = path.split("/");
  let done: string[] = [];
  let links = 0;
  for (;;) {
    const part = waiting.shift();
    if (part === undefined) return `${root}/${done.join("/")}`;
    if (part === "" || part === ".") continue;
    if (part === "..") {
      done.pop();
      continue;
    }
    const target = linkAt(`${root}/${[...done, part].join("/")}`);
    if (target === undefined) {
      done.push(part);
      continue;
    }
    if (++links > LINKS_MAX) throw new Error(`${path} leads through too many links`);
    if (target.startsWith("/")) done = [];
    waiting = [...target.split("/"), ...waiting];
  }
}

function linkAt(path: string): string | undefined {
  try {
    return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined;
  } catch {
    return undefined; // Nothing is there yet.
  }
}
