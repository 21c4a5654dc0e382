/** IPAM plugins that speak with servers over the very link that they are asked for. */
const OVER_LINK: ReadonlySet<string> = new Set(["dhcp"]);

/**
 * Whether an IPAM plugin needs the link of the attachment at DEL, to give the address back. With
 * all others the link is silenced first, so that the address's next owner does not meet this one;
 * those that need it take the address off the link themselves.
 */
export function releaseNeedsLink(ipamType: string): boolean {
  return OVER_LINK.has(ipamType);
}
