import { Ip, Prefix } from "../../addr/index.ts";
import type { IpConfig, Result } from "../../spec/index.ts";
import { invalidConfig } from "../../state/config/index.ts";
import type { Reachable } from "./kind/host-end.ts";

/**
 * Gives each address a gateway: the one that IPAM named, or the first other address of its subnet.
 * @throws CniError of code 7 when it can have none.
 */
export function withGateways(ipam: Result): Result {
  return { ...ipam, ips: ipam.ips.map(withGateway) };
}

function withGateway(ip: IpConfig): IpConfig {
  const own = Prefix.parse(ip.address);
  const gateway = ip.gateway === undefined ? firstOther(own) : Ip.parse(ip.gateway);
  if (gateway === undefined) {
    throw invalidConfig(
      `${ip.address} has no gateway`,
      "a subnet without another address has no default: the IPAM plugin must name a gateway",
    );
  }
  if (gateway.equals(own.ip)) {
    throw invalidConfig(`${ip.address} is its own gateway`, "the gateway is the host's address");
  }
  if (gateway.family !== own.ip.family) {
    throw invalidConfig(`gateway ${gateway.toString()} of ${ip.address} is of another family`);
  }
  return { ...ip, gateway: gateway.toString() };
}

/** A subnet of two addresses has no network address: the gateway is the other one. */
function firstOther(own: Prefix): Ip | undefined {
  const { length: bits } = Prefix.ofHost(own.ip);
  if (own.length === bits) return undefined;
  const first = own.network().ip;
  if (own.length === bits - 1) return first.equals(own.ip) ? first.next() : first;
  return first.next();
}

/** The addresses of the interface, with their gateways. */
export function reachableAt(ifName: string, { ips, interfaces }: Result): Reachable[] {
  return ips.flatMap(({ address, gateway, interface: at }) => {
    const own = at !== undefined && interfaces[at]?.name === ifName;
    if (!own || gateway === undefined) return [];
    return [{ ip: Prefix.parse(address).ip, gateway: Ip.parse(gateway) }];
  });
}
