import { accessSync, constants } from "node:fs";
import { CniError, ErrorCode } from "../../spec/index.ts";

/**
 * Runs the first of several programs that is installed, to its end, and gives what it printed.
 * Programs are found by the caller's PATH, never by the process's own.
 * @throws CniError of code 50 when none is installed, 5 with the program's words when it fails.
 */
export async function runTool(
  names: readonly string[],
  args: readonly string[],
  input: string,
  env: Readonly<Record<string, string>>,
): Promise<string> {
  for (const name of names) {
    const output = await run(name, args, input, env);
    if (output !== undefined) return output;
  }
  throw new CniError(
    ErrorCode.PLUGIN_NOT_AVAILABLE,
    `${names.join(" or ")} is not installed; install it, or leave the backend unset`,
  );
}

/** Whether one of the programs is installed, as `runTool` would find it. */
export function isInstalled(
  names: readonly string[],
  env: Readonly<Record<string, string>>,
): boolean {
  return (env["PATH"] ?? "")
    .split(":")
    .some((directory) => names.some((name) => isExecutable(`${directory}/${name}`)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** undefined when the program is not installed. */
async function run(
  name: string,
  args: readonly string[],
  input: string,
  env: Readonly<Record<string, string>>,
): Promise<string | undefined> {
  // Loaded when a program is run, which is rare: it costs a process 2 ms.
  const { spawn } = await import("node:child_process");
  return await new Promise((resolve, reject) => {
    const child = spawn(name, args, { env: { ...env }, stdio: ["pipe", "pipe", "pipe"] });
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    child.stdin.on("error", () => undefined); // it may exit without reading; its status tells
    child.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ENOENT") resolve(undefined);
      else reject(new CniError(ErrorCode.IO_FAILURE, `run ${name}: ${error.message}`));
    });
    child.on("close", (status) => {
      if (status === 0) resolve(stdout);
      else reject(new CniError(ErrorCode.IO_FAILURE, `${name} failed: ${stderr.trim()}`));
    });
    child.stdin.end(input);
  });
}
