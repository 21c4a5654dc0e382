import { CniError, ErrorCode } from "../../../spec/index.ts";
import { requireTools } from "../../../state/iptables/index.ts";
import { isInstalled } from "../../../state/tool/index.ts";
import type { PortSettings } from "./step.ts";

/**
 * Whether the programs that a backend runs are installed; our own layout needs none.
 * @throws CniError of code 50 that names them.
 */
export function checkTools(
  backend: PortSettings["backend"],
  env: Readonly<Record<string, string>>,
): void {
  if (backend === "iptables") requireTools(4, { env });
  if (backend !== "nftables" || isInstalled(["nft"], env)) return;
  throw new CniError(
    ErrorCode.PLUGIN_NOT_AVAILABLE,
    "the nftables backend needs nft on PATH; install it, or leave the backend unset",
  );
}
