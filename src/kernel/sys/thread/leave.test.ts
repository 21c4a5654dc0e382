import { afterAll, describe, expect } from "bun:test";
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { must } from "../../../../tests/support/exec.ts";
import { skipBecause } from "../../../../tests/support/needs.ts";
import { O_RDWR, open } from "../index.ts";
import { leaveToKernel } from "./leave.ts";

const directory = mkdtempSync(join(tmpdir(), "hawser-leave-"));
afterAll(() => rmSync(directory, { recursive: true }));
const MODULE = new URL("../index.ts", import.meta.url).pathname;

function isForbidden(): boolean {
  using file = open("/dev/null", O_RDWR);
  return !leaveToKernel([file]);
}

/** A pipe with a name, and its reading end. */
async function pipe(name: string): Promise<{ path: string; reader: number }> {
  const path = join(directory, name);
  await must(["mkfifo", path]);
  return { path, reader: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK) };
}

/** Whether any process still has the writing end open. */
function isOpen(reader: number): boolean {
  try {
    return readSync(reader, new Uint8Array(1)) !== 0;
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe("EAGAIN");
    return true;
  }
}

const onKernel = skipBecause(isForbidden() ? "io_uring" : undefined);

describe("a file that is left to the kernel", () => {
  onKernel("stays open when its own descriptor is closed", async () => {
    const { path, reader } = await pipe("stays");
    {
      using writer = open(path, constants.O_WRONLY);
      expect(leaveToKernel([writer])).toBe(true);
    }
    expect(isOpen(reader)).toBe(true);
    closeSync(reader);
  });

  onKernel("is closed when the process has ended", async () => {
    const { path, reader } = await pipe("ends");
    const program = `const { leaveToKernel, open } = await import(${JSON.stringify(MODULE)});
      if (!leaveToKernel([open(${JSON.stringify(path)}, ${constants.O_WRONLY})])) process.exit(1);`;
    await must([process.execPath, "-e", program]);
    while (isOpen(reader)) await Bun.sleep(1);
    closeSync(reader);
  });
});
