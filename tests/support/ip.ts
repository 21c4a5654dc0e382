import { must } from "./exec.ts";
import type { Container } from "./host.ts";

/** What `ip` shows of links and addresses, as far as tests look at it. */

/** What `ip -j -d` prints about the host, or about a container. */
export async function ipJson(where: Container | undefined, ...words: string[]): Promise<Link[]> {
  const inside = where === undefined ? [] : ["-n", where.name];
  const text = await must(["ip", ...inside, "-j", "-d", ...words]);
  return JSON.parse(text.trim() === "" ? "[]" : text) as Link[];
}

/** The one link of this name. */
export async function linkOf(where: Container | undefined, name: string): Promise<Link> {
  const [link] = await ipJson(where, "link", "show", "dev", name);
  if (link === undefined) throw new Error(`no link ${name}`);
  return link;
}

/** Addresses of a link, without those that the kernel makes by itself. */
export async function addressesOf(
  where: Container | undefined,
  name: string,
): Promise<{ address: string; tentative: boolean }[]> {
  const [link] = await ipJson(where, "address", "show", "dev", name);
  return (link?.addr_info ?? [])
    .filter(({ local }) => !local.startsWith("fe80:"))
    .map(({ local, prefixlen, tentative }) => ({
      address: `${local}/${prefixlen}`,
      tentative: tentative === true,
    }));
}

/** What `ip -j` says of a link, an address or a route, as far as tests look at it. */
export interface Link {
  readonly ifname: string;
  readonly address: string;
  readonly mtu: number;
  readonly master?: string;
  readonly flags: readonly string[];
  readonly operstate: string;
  readonly promiscuity?: number;
  readonly ifalias?: string;
  readonly dst?: string;
  readonly gateway?: string;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_slave_data?: Readonly<Record<string, unknown>>;
  };
  readonly addr_info?: readonly { local: string; prefixlen: number; tentative?: boolean }[];
}

/** The link of this name, if there is one. */
export async function linkAt(
  where: Container | undefined,
  name: string,
): Promise<Link | undefined> {
  return (await ipJson(where, "link", "show")).find(({ ifname }) => ifname === name);
}

/** Links by their names, without loopback. */
export async function linkNames(where: Container | undefined): Promise<string[]> {
  const links = await ipJson(where, "link", "show");
  return links.map(({ ifname }) => ifname).filter((name) => name !== "lo");
}
