import { Ip, Prefix } from "../../addr/index.ts";
import { invalidConfig, type Result } from "../../spec/index.ts";

/** An address that belongs to the interface, with the gateway that IPAM named for it. */
export interface OwnAddress {
  readonly prefix: Prefix;
  readonly gateway: Ip | undefined;
}

/**
 * The addresses of a result that belong to an interface.
 * @throws CniError of code 7 when one belongs to another
 */
export function ownAddresses(result: Result, ifName: string): OwnAddress[] {
  const own: OwnAddress[] = [];
  for (const ip of result.ips) {
    if (ip.interface === undefined) continue;
    if (result.interfaces[ip.interface]?.name !== ifName) {
      throw invalidConfig(
        `failed to add IP addr ${ip.address} to ${JSON.stringify(ifName)}: invalid interface index`,
      );
    }
    const gateway = ip.gateway === undefined ? undefined : Ip.parse(ip.gateway);
    own.push({ prefix: Prefix.parse(ip.address), gateway });
  }
  return own;
}
