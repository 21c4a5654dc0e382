import { CniError, ErrorCode } from "../../spec/index.ts";
import { isInstalled, runTool } from "../tool/index.ts";

type Family = 4 | 6;

const PREFIX = { 4: "iptables", 6: "ip6tables" } as const;

/** Where programs are looked for, and which of the kernel's two interfaces is meant. */
export interface Tools {
  readonly env: Readonly<Record<string, string>>;
  /** True where the kernel's x_tables hold the rules, not nftables. */
  readonly legacy?: boolean;
}

/** Applies a table description in one process, without flushing what it does not name. */
export async function restore(family: Family, text: string, tools: Tools): Promise<void> {
  await runTool(programs(family, "restore", tools), ["--noflush", "--wait"], text, tools.env);
}

/** The rules of one table, as `iptables-save` prints them. */
export async function save(family: Family, table: string, tools: Tools): Promise<string> {
  return await runTool(programs(family, "save", tools), ["-t", table], "", tools.env);
}

/** Whether the programs that `restore` and `save` run are installed. */
export function hasTools(family: Family, tools: Tools): boolean {
  return (["restore", "save"] as const).every((action) =>
    isInstalled(programs(family, action, tools), tools.env),
  );
}

/** @throws CniError of code 50 that names the programs when they are not installed. */
export function requireTools(family: Family, tools: Tools): void {
  if (hasTools(family, tools)) return;
  throw new CniError(
    ErrorCode.PLUGIN_NOT_AVAILABLE,
    "the iptables backend needs iptables-restore and iptables-save on PATH; install it, or leave the backend unset",
  );
}

/** The host's own choice of interface, unless the old one is meant, where both may be installed. */
function programs(family: Family, action: "restore" | "save", tools: Tools): string[] {
  const plain = `${PREFIX[family]}-${action}`;
  return tools.legacy === true ? [`${PREFIX[family]}-legacy-${action}`, plain] : [plain];
}
