import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { errorText } from "../../base/index.ts";
import { O_CREAT, O_RDONLY, open } from "../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import { takeFlock } from "../files/index.ts";
import { STATE_DIR_VARIABLE } from "../owner/index.ts";

const MODE = 0o600;
const DIRECTORY_MODE = 0o700;

/**
 * Runs `work` while no other process or call does so under the same lock file. For rules that
 * several want to make when they are missing: iptables' own lock does not span looking and making.
 */
export async function underLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  makeDirectory(dirname(path));
  using fd = open(path, O_RDONLY | O_CREAT, MODE);
  await takeFlock(fd, { path, details: "another plugin is changing rules" });
  return await work();
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: DIRECTORY_MODE });
  } catch (cause) {
    const reason = errorText(cause);
    throw new CniError(ErrorCode.IO_FAILURE, `cannot make ${path}: ${reason}`, {
      details: `${STATE_DIR_VARIABLE} can name another directory`,
      cause,
    });
  }
}
