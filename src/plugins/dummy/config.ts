import * as v from "valibot";
import { type Context, decode } from "../../plugin/index.ts";
import { requiredIpam } from "../../state/config/index.ts";
import type { VirtualLinkConfig } from "../../state/virtual-link/index.ts";

const keys = v.object({ ipam: requiredIpam("dummy interface requires an IPAM configuration") });

/** The keys of a dummy configuration. */
export const schema: v.GenericSchema = keys;

/**
 * Reads and judges the configuration.
 * @throws CniError of code 7.
 */
export function parseConfig(ctx: Context): VirtualLinkConfig {
  const { ipam } = decode(keys, ctx.config);
  return { ipamType: ipam.type, link: { mtu: 0, mac: "random", settings: {} } };
}
