import { type DaemonFlags, runDaemon } from "../../daemon/index.ts";
import type { CliIo } from "../io.ts";

/** Long-living code is worth compiling: undoes what the build asks for the sake of short calls. */
const USUAL_JIT_POLICY = 1;

/** `hawser daemon`: runs until it is told to end, or asks the one that runs how it is. */
export async function runDaemonCommand(
  io: CliIo,
  { status: _, ...flags }: DaemonFlags & { readonly status?: boolean },
): Promise<number> {
  if (io.threadUrl === undefined) throw new Error("this program has no threads for a daemon");
  setJitPolicy();
  return await runDaemon({
    flags,
    env: io.env,
    program: io.program,
    threadUrl: io.threadUrl,
    stdout: (text) => io.stdout.write(text),
    stderr: (text) => io.stderr.write(text),
    signal: io.signal,
  });
}

function setJitPolicy(): void {
  const unsafe = Bun.unsafe as unknown as { setJITPolicy?: (policy: number) => void };
  unsafe.setJITPolicy?.(USUAL_JIT_POLICY);
}
