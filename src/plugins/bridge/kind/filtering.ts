import { link } from "../../../kernel/route/index.ts";
import { Errno, isKernelError } from "../../../kernel/sys/index.ts";
import { CniError, ErrorCode } from "../../../spec/index.ts";
import type { Namespaces } from "../../../state/namespaces/index.ts";

/** No VLAN has this number (VLAN_VID_MASK of linux/if_vlan.h): a bridge with VLANs refuses it. */
const NO_VLAN = 4095;
const LOOPBACK = 1;

/**
 * Whether the bridges of this kernel can have VLANs. The kernel is asked for a bridge that it must
 * refuse, by the name of the loopback: where it knows VLANs it looks at their numbers first.
 */
export function kernelFilters({ host, hostLinks }: Namespaces): boolean {
  const name = hostLinks.get({ index: LOOPBACK })?.name;
  if (name === undefined) return true; // ADD will tell
  const bridge = { vlanDefaultPvid: NO_VLAN };
  try {
    host.netlink.request(link.newMessage({ name, kind: "bridge", bridge }), "ask for VLANs");
  } catch (error) {
    return !isKernelError(error, Errno.EEXIST, Errno.EOPNOTSUPP);
  }
  throw new CniError(ErrorCode.IO_FAILURE, `the kernel made a bridge in the place of ${name}`);
}

/** The error where it cannot. */
export function noFiltering(bridge: string, cause?: unknown): CniError {
  return new CniError(
    ErrorCode.PLUGIN_NOT_AVAILABLE,
    `${JSON.stringify(bridge)} can have no VLANs: this kernel has no VLAN filtering of bridges`,
    { details: "the kernel needs CONFIG_BRIDGE_VLAN_FILTERING", cause },
  );
}
