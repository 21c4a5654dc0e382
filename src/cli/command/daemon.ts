import type { DaemonFlags } from "../../daemon/index.ts";
import type { CliIo } from "../io.ts";

/** Long-living code is worth compiling: undoes what the build asks for the sake of short calls. */
const USUAL_JIT_POLICY = 1;

/** `hawser daemon`: runs until a signal ends it, or prints the status of the one that runs. */
export async function runDaemonCommand(
  io: CliIo,
  { status = false, ...flags }: DaemonFlags & { readonly status?: boolean },
): Promise<number> {
  if (io.threadUrl === undefined) throw new Error("this program has no threads for a daemon");
  if (!status) setJitPolicy();
  const { runDaemon, tellStatus } = await import("../../daemon/index.ts");
  const daemon = {
    flags,
    env: io.env,
    program: io.program,
    threadUrl: io.threadUrl,
    stdout: (text: string) => io.stdout.write(text),
    stderr: (text: string) => io.stderr.write(text),
    signal: io.signal,
  };
  if (!status) {
    // Several successors ask one daemon to end. A second signal would cut off the calls that it finishes.
    process.on("SIGTERM", () => undefined);
  }
  const code = status ? await tellStatus(daemon) : await runDaemon(daemon);
  if (code !== 0 && io.isRoot === false) io.stderr.write("this needs root\n");
  return code;
}

function setJitPolicy(): void {
  const unsafe = Bun.unsafe as unknown as { setJITPolicy?: (policy: number) => void };
  unsafe.setJITPolicy?.(USUAL_JIT_POLICY);
}
