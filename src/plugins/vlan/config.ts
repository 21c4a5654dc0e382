import * as v from "valibot";
import { type Context, decode } from "../../plugin/index.ts";
import {
  acceptRA,
  checkMasterName,
  checkMtu,
  configuredDns,
  integer,
  invalidConfig,
  linkInContainer,
  optionalDns,
  optionalIpam,
} from "../../state/config/index.ts";
import { slaac } from "../../state/slaac/index.ts";
import type { VirtualLinkConfig } from "../../state/virtual-link/index.ts";

const VLAN_ID_MAX = 4094;

const keys = v.object({
  master: v.pipe(
    v.optional(v.string(), ""),
    v.description("Name of the link whose VLAN it is; required."),
  ),
  vlanId: v.pipe(v.optional(integer, 0), v.description("802.1Q number of the VLAN, 0 to 4094.")),
  mtu: v.pipe(
    v.optional(integer, 0),
    v.description("MTU in bytes, at most the master's; 0 means the master's."),
  ),
  linkInContainer,
  acceptRA,
  slaac,
  ipam: optionalIpam,
  dns: optionalDns,
});

/** The keys of a vlan configuration. */
export const schema: v.GenericSchema = keys;

/**
 * Reads and judges the configuration.
 * @throws CniError of code 7.
 */
export function parseConfig(ctx: Context): VirtualLinkConfig {
  const { master, vlanId, mtu, ipam, dns, ...rest } = decode(keys, ctx.config);
  if (master === "") {
    throw invalidConfig(
      '"master" field is required. It specifies the host interface name to create the VLAN for',
    );
  }
  checkMasterName(master);
  checkMtu(ctx, mtu, Number.POSITIVE_INFINITY); // the master has the limit
  if (vlanId < 0 || vlanId > VLAN_ID_MAX) {
    throw invalidConfig(
      `invalid VLAN ID ${vlanId} (must be between 0 and ${VLAN_ID_MAX} inclusive)`,
    );
  }
  return {
    ipamType: ipam.type,
    dns: configuredDns(dns),
    detectDuplicates: true,
    acceptRA: rest.acceptRA,
    slaac: rest.slaac,
    link: {
      parent: { name: master, inContainer: rest.linkInContainer },
      mtu,
      mtuWithinParent: true,
      settings: { vlan: { id: vlanId } },
    },
  };
}
