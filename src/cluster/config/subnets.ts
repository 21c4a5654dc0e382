import { type Ip, Prefix } from "../../addr/index.ts";
import { quoted } from "../../base/index.ts";
import { invalidConfig } from "../../spec/index.ts";

/** Room for two addresses beside the first and the last one. */
const LONGEST_SUBNET = { 4: 30, 6: 126 } as const;
const ADDRESS_BITS = { 4: 32, 6: 128 } as const;
const DEFAULT_BLOCK_SIZE = { 4: 26, 6: 122 } as const;
const BLOCK_SIZE_KEY = { 4: "blockSize", 6: "blockSize6" } as const;
/** The number of a block has at most 64 bits. */
const MOST_BLOCK_BITS = 64;

/** The addresses of a fleet as its configuration writes them. */
export interface SubnetKeys {
  readonly subnet?: string | undefined;
  readonly subnets: readonly string[];
  readonly blockSize?: number | undefined;
  readonly blockSize6?: number | undefined;
}

/** A subnet of the fleet, and the prefix length of its blocks. */
export interface FleetSubnet {
  readonly subnet: Prefix;
  readonly blockSize: number;
}

/**
 * The subnets in their order, at most one of each family.
 * @throws CniError of code 7
 */
export function parseSubnets(keys: SubnetKeys): FleetSubnet[] {
  const texts = [...(keys.subnet === undefined ? [] : [keys.subnet]), ...keys.subnets];
  if (texts.length === 0) throw invalidConfig('"ipam" has no subnet', 'set "subnet" or "subnets"');
  const subnets = texts.map(parseSubnet);
  for (const [index, subnet] of subnets.entries()) {
    const other = subnets.slice(0, index).find(({ family }) => family === subnet.family);
    if (other !== undefined) throw refuseSecond(other, subnet);
  }
  for (const family of [4, 6] as const) {
    const isNeeded = subnets.some((subnet) => subnet.family === family);
    if (keys[BLOCK_SIZE_KEY[family]] === undefined || isNeeded) continue;
    throw invalidConfig(
      `"${BLOCK_SIZE_KEY[family]}" is of IPv${family}, and no subnet is`,
      '"blockSize" is of the IPv4 subnet, "blockSize6" of the IPv6 subnet',
    );
  }
  return subnets.map((subnet) => ({ subnet, blockSize: blockSizeOf(subnet, keys) }));
}

/** The address that no container gets: the subnet's first, and for IPv4 its last. */
export function isReservedIn(subnet: Prefix, ip: Ip): boolean {
  return ip.equals(subnet.ip) || subnet.broadcast?.equals(ip) === true;
}

function refuseSecond(other: Prefix, subnet: Prefix): Error {
  if (other.overlaps(subnet)) return invalidConfig(`subnets ${other} and ${subnet} overlap`);
  return invalidConfig(
    `subnets ${other} and ${subnet} are both of IPv${subnet.family}`,
    "a container gets an address of each subnet: name one of each family, as large as needed",
  );
}

function parseSubnet(text: string): Prefix {
  const subnet = Prefix.tryParse(text);
  if (subnet === undefined || (subnet.family === 4 && text.includes(":"))) {
    throw invalidConfig(`invalid subnet ${quoted(text)}`, "expected <address>/<length>");
  }
  const network = subnet.network();
  if (!subnet.equals(network)) {
    throw invalidConfig(`subnet ${subnet} has host bits set`, `its network is ${network}`);
  }
  if (subnet.length > LONGEST_SUBNET[subnet.family]) {
    throw invalidConfig(`subnet ${subnet} is too small`, "a fleet needs several addresses");
  }
  if (!isForContainers(subnet)) {
    throw invalidConfig(`subnet ${subnet} has addresses that no interface may have`);
  }
  return subnet;
}

function isForContainers(subnet: Prefix): boolean {
  const { ip } = subnet;
  const isSpecial = ip.isUnspecified || ip.isLoopback || ip.isMulticast || ip.isLinkLocal;
  return !isSpecial && !subnet.last().isMulticast && subnet.length > 0;
}

function blockSizeOf(subnet: Prefix, keys: SubnetKeys): number {
  const { family, length } = subnet;
  const key = BLOCK_SIZE_KEY[family];
  const size = keys[key] ?? Math.max(DEFAULT_BLOCK_SIZE[family], length);
  if (size < length || size > ADDRESS_BITS[family]) {
    throw invalidConfig(
      `blocks of /${size} do not fit subnet ${subnet}`,
      `"${key}" is a prefix length from ${length} to ${ADDRESS_BITS[family]}`,
    );
  }
  if (size - length > MOST_BLOCK_BITS) {
    throw invalidConfig(
      `subnet ${subnet} has too many blocks of /${size}`,
      `make blocks larger ("${key}" of at most ${length + MOST_BLOCK_BITS}) or the subnet smaller`,
    );
  }
  return size;
}
