import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { O_CREAT, O_RDONLY, open } from "../../kernel/sys/index.ts";
import { orFailure, takeFlock } from "../files/index.ts";
import { STATE_DIR_VARIABLE } from "../owner/index.ts";

const MODE = 0o600;
const DIRECTORY_MODE = 0o700;

/**
 * Runs `work` while no other process or call does so under the same lock file. For rules that
 * several want to make when they are missing: iptables' own lock does not span looking and making.
 */
export async function underLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const directory = dirname(path);
  const details = `${STATE_DIR_VARIABLE} can name another directory`;
  orFailure(`cannot make ${directory}`, details, () => {
    mkdirSync(directory, { recursive: true, mode: DIRECTORY_MODE });
  });
  using fd = open(path, O_RDONLY | O_CREAT, MODE);
  await takeFlock(fd, { path, details: "another plugin is changing rules" });
  return await work();
}
