import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { flock, LOCK_EX, LOCK_NB, O_CREAT, O_RDONLY, open } from "../../kernel/sys/index.ts";
import { sleep } from "../sleep.ts";

const MODE = 0o600;
const DIRECTORY_MODE = 0o700;
const WAIT_MS = 5;

/**
 * Runs `work` while no other process or call does so under the same lock file. For rules that
 * several want to make when they are missing: iptables' own lock does not span looking and making.
 */
export async function underLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true, mode: DIRECTORY_MODE });
  using fd = open(path, O_RDONLY | O_CREAT, MODE);
  // Asked for again and again, as waiting in the kernel would stop the other calls of this process.
  while (!flock(fd, LOCK_EX | LOCK_NB)) await sleep(WAIT_MS * (0.5 + Math.random()));
  return await work();
}
