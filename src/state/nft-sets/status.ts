import type { Nftables } from "../../kernel/nftables/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";

/** @throws CniError of code 50 when the kernel has no nftables for us. */
export function requireNftables(nft: Nftables): void {
  try {
    nft.generation();
  } catch (cause) {
    throw new CniError(ErrorCode.PLUGIN_NOT_AVAILABLE, "nftables is not available in the kernel", {
      details: "load nf_tables, or check that the plugin has CAP_NET_ADMIN",
      cause,
    });
  }
}
