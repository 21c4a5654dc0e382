import type { Context } from "../../plugin/index.ts";
import { CniError, ErrorCode } from "../../spec/index.ts";
import { masqueradeStatus } from "../../state/masquerade/index.ts";
import type { Namespaces } from "../../state/namespaces/index.ts";
import { nftables, requireNftables } from "../../state/nft-sets/index.ts";
import type { BridgeConfig } from "./config.ts";

/**
 * What can be told without a container: whether the bridge is one, and what rules need.
 * @throws CniError of code 50 that names what is missing.
 */
export function verifyStatus(ctx: Context, config: BridgeConfig, namespaces: Namespaces): void {
  verifyBridge(config, namespaces);
  const { ipamType, ipMasq, masqBackend, macspoofchk } = config;
  if (ipMasq && ipamType !== "") masqueradeStatus(ctx, namespaces, masqBackend);
  if (macspoofchk) requireNftables(nftables(namespaces));
}

function verifyBridge({ bridge: name, vlans }: BridgeConfig, namespaces: Namespaces): void {
  const existing = namespaces.hostLinks.get({ name });
  if (existing === undefined) return;
  const quoted = JSON.stringify(name);
  if (existing.kind !== "bridge") {
    throw new CniError(
      ErrorCode.PLUGIN_NOT_AVAILABLE,
      `${quoted} already exists but is not a bridge`,
      { details: 'rename that link, or choose another "bridge"' },
    );
  }
  // The kernel tells of filtering in any case, and of the default VLAN only where it can filter.
  if (vlans.length === 0 || existing.bridge?.vlanDefaultPvid !== undefined) return;
  throw new CniError(
    ErrorCode.PLUGIN_NOT_AVAILABLE,
    `${quoted} can have no VLANs: this kernel has no VLAN filtering of bridges`,
    { details: "the kernel needs CONFIG_BRIDGE_VLAN_FILTERING" },
  );
}
