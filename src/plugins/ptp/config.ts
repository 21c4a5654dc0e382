import * as v from "valibot";
import type { Prefix } from "../../addr/index.ts";
import { type Context, decode } from "../../plugin/index.ts";
import {
  acceptRA,
  checkMtuForIpv6,
  mtuOf,
  optionalDns,
  overridingDns,
  requiredIpam,
} from "../../state/config/index.ts";
import type { LinkConfig } from "../../state/link-plugin/index.ts";
import {
  ipMasq,
  ipMasqBackend,
  ipMasqExcept,
  type MasqueradeBackend,
  masqueradeBackend,
  masqueradeExcept,
} from "../../state/masquerade/index.ts";

const keys = v.object({
  ipMasq,
  ipMasqBackend,
  ipMasqExcept,
  mtu: v.pipe(
    v.optional(mtuOf(), 0),
    v.description("MTU of both ends in bytes; 0 and below leave it to the kernel."),
  ),
  acceptRA,
  ipam: requiredIpam('ptp needs an IPAM plugin: "ipam" has no "type"'),
  dns: optionalDns,
});

/** Keys of the configuration. */
export const schema: v.GenericSchema = keys;

/** A configuration after every check; what ADD and CHECK work with. */
export interface PtpConfig extends LinkConfig {
  readonly ipMasq: boolean;
  readonly masqBackend: MasqueradeBackend;
  /** Destinations that see the container's own address. */
  readonly masqExcept: readonly Prefix[];
  readonly mtu: number;
}

/**
 * Reads and judges the configuration of an ADD or CHECK.
 * @throws CniError of code 7 before anything is touched.
 */
export function parseConfig(ctx: Context): PtpConfig {
  const { ipam, dns, mtu, ipMasqBackend, ipMasqExcept: except, ...rest } = decode(keys, ctx.config);
  const masqBackend = masqueradeBackend(ipMasqBackend);
  checkMtuForIpv6(ctx, mtu);
  return {
    ...rest,
    masqBackend,
    masqExcept: masqueradeExcept(except, masqBackend),
    mtu: Math.max(0, mtu),
    ipamType: ipam.type,
    dns: overridingDns(dns),
    pointToPoint: true,
  };
}
