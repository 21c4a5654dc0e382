import { spawn } from "node:child_process";
import { CniError, ErrorCode } from "../../spec/index.ts";

/** The two programs of one family; which kernel interface is behind them is the host's choice. */
const PROGRAMS = {
  4: { restore: ["iptables-restore"], save: ["iptables-save"] },
  6: { restore: ["ip6tables-restore"], save: ["ip6tables-save"] },
} as const;

/** The same for the x_tables interface, where the host keeps both side by side. */
const LEGACY_PROGRAMS = {
  4: {
    restore: ["iptables-legacy-restore", "iptables-restore"],
    save: ["iptables-legacy-save", "iptables-save"],
  },
  6: {
    restore: ["ip6tables-legacy-restore", "ip6tables-restore"],
    save: ["ip6tables-legacy-save", "ip6tables-save"],
  },
} as const;

type Family = 4 | 6;

/** Where programs are looked for: the caller's environment, never the process's own. */
export interface Tools {
  env: Readonly<Record<string, string>>;
  /** true where the kernel's x_tables hold the rules, not nftables. */
  legacy?: boolean;
}

/** Applies a table description in one process, without flushing what it does not name. */
export async function restore(family: Family, text: string, tools: Tools): Promise<void> {
  const names = (tools.legacy === true ? LEGACY_PROGRAMS : PROGRAMS)[family].restore;
  await runFirst(names, ["--noflush", "--wait"], text, tools);
}

/** The rules of one table, as `iptables-save` prints them. */
export async function save(family: Family, table: string, tools: Tools): Promise<string> {
  const names = (tools.legacy === true ? LEGACY_PROGRAMS : PROGRAMS)[family].save;
  return await runFirst(names, ["-t", table], "", tools);
}

async function runFirst(
  names: readonly string[],
  args: readonly string[],
  input: string,
  tools: Tools,
): Promise<string> {
  for (const name of names) {
    const output = await run(name, args, input, tools);
    if (output !== undefined) return output;
  }
  throw new CniError(
    ErrorCode.PLUGIN_NOT_AVAILABLE,
    `${names.join(" or ")} is not installed; install iptables, or leave the backend unset`,
  );
}

/** Runs one program to its end; undefined when it is not installed. */
function run(
  name: string,
  args: readonly string[],
  input: string,
  tools: Tools,
): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const child = spawn(name, args, { env: { ...tools.env }, stdio: ["pipe", "pipe", "pipe"] });
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
