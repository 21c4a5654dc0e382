import type { ChainResult } from "../../tests/support/chain.ts";

/** What a plugin before portmap would have answered. */
export function resultWith(address: string): ChainResult {
  const sandbox = "/run/netns/bench";
  return {
    cniVersion: "1.0.0",
    interfaces: [{ name: "cni0" }, { name: "eth0", sandbox }],
    ips: [{ address: `${address}/16`, gateway: "10.1.0.1", interface: 1 }],
  };
}
