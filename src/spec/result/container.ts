import type { Interface, IpConfig, Result } from "./types.ts";

/**
 * Whether an interface of a result is the container's: it has the name of CNI_IFNAME, and it is in
 * a sandbox. A link of the host may have the same name, but has no sandbox. Which sandbox it is does
 * not matter: a result is about one container, whose namespace may have a different path by now.
 *
 * @example
 * ```ts
 * import { isContainerInterface } from "hawser/spec";
 *
 * isContainerInterface({ name: "eth0", sandbox: "/run/netns/web" }, "eth0"); // → true
 * isContainerInterface({ name: "eth0" }, "eth0"); // → false
 * isContainerInterface({ name: "veth1", sandbox: "/run/netns/web" }, "eth0"); // → false
 * ```
 */
export function isContainerInterface({ name, sandbox = "" }: Interface, ifName: string): boolean {
  return name === ifName && sandbox !== "";
}

/**
 * The container's interface in a result (specification, section 5), as `isContainerInterface`
 * decides it: the first one, or undefined when the result lists none.
 *
 * @example
 * ```ts
 * import { containerInterface } from "hawser/spec";
 *
 * const interfaces = [{ name: "cni0" }, { name: "eth0", sandbox: "/run/netns/web" }];
 * containerInterface({ interfaces }, "eth0"); // → { name: "eth0", sandbox: "/run/netns/web" }
 * containerInterface({ interfaces }, "cni0"); // → undefined
 * ```
 */
export function containerInterface(
  { interfaces }: Pick<Result, "interfaces">,
  ifName: string,
): Interface | undefined {
  return interfaces.find((each) => isContainerInterface(each, ifName));
}

/**
 * The addresses of the container's interface in a result, and those that name no interface, or one
 * that is not in the list: IPAM plugins give such addresses, and they are for the container.
 *
 * @example
 * ```ts
 * import { addressesOf } from "hawser/spec";
 *
 * const interfaces = [{ name: "cni0" }, { name: "eth0", sandbox: "/run/netns/web" }];
 * const ips = [
 *   { address: "10.1.0.1/16", interface: 0 },
 *   { address: "10.1.0.2/16", interface: 1 },
 *   { address: "fd00::2/64" },
 * ];
 * addressesOf({ interfaces, ips }, "eth0").map(({ address }) => address); // → ["10.1.0.2/16", "fd00::2/64"]
 * ```
 */
export function addressesOf(
  { interfaces, ips }: Pick<Result, "interfaces" | "ips">,
  ifName: string,
): IpConfig[] {
  return ips.filter((ip) => {
    const named = ip.interface === undefined ? undefined : interfaces[ip.interface];
    return named === undefined || isContainerInterface(named, ifName);
  });
}
