import { CniError, ErrorCode } from "../../spec/index.ts";
import { hasTools } from "../iptables/index.ts";
import { isInstalled } from "../process.ts";
import type { PortSettings } from "./step.ts";

/**
 * Whether the programs that a backend runs are installed; our own layout needs none.
 * @throws CniError of code 50 that names them.
 */
export function checkTools(
  backend: PortSettings["backend"],
  env: Readonly<Record<string, string>>,
): void {
  if (backend === "own") return;
  const isThere = backend === "iptables" ? hasTools(4, { env }) : isInstalled(["nft"], env);
  if (isThere) return;
  const names = backend === "iptables" ? "iptables-restore and iptables-save" : "nft";
  throw new CniError(
    ErrorCode.PLUGIN_NOT_AVAILABLE,
    `the ${backend} backend needs ${names} on PATH; install it, or leave the backend unset`,
  );
}
