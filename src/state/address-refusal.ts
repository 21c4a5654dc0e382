import type { Family } from "../addr/index.ts";
import { isKernelError } from "../kernel/sys/index.ts";
import { type CniError, invalidConfig } from "../spec/index.ts";
import { MTU_MIN, MTU_MIN_IPV6, mtuBelowIpv6 } from "./config/index.ts";
import type { Links } from "./namespaces/index.ts";

/**
 * The error of an address that a link did not take. The kernel's own says nothing of the MTU, below
 * which a link has no addresses of a family at all.
 */
export function explainAddress(
  links: Links,
  index: number,
  family: Family,
  error: unknown,
): CniError | undefined {
  if (!isKernelError(error)) return undefined;
  const found = links.get({ index });
  if (found === undefined || found.mtu >= (family === 6 ? MTU_MIN_IPV6 : MTU_MIN)) return undefined;
  const details = `${found.name} has it, and IPAM gave an address of IPv${family}`;
  if (family === 6) return mtuBelowIpv6(found.mtu, details);
  return invalidConfig(`invalid MTU ${found.mtu}, must be at least ${MTU_MIN}`, details);
}
