/**
 * An IPAM plugin: gives each container of a network the lowest free address of its subnet, and keeps what
 * it gave in one file per network.
 *
 *     {"type": "bridge", "ipam": {"type": "leases", "subnet": "10.9.0.0/28"}}
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { isIPv4 } from "node:net";
import { join } from "node:path";
import {
  CniError,
  type Context,
  decode,
  definePlugin,
  ErrorCode,
  main,
  type Plugin,
  pluginError,
} from "hawser/plugin";
import * as v from "valibot";

const Subnet = v.pipe(
  v.string(),
  v.check((text) => {
    const [address = "", length = "", ...rest] = text.split("/");
    const isLength = /^(?:[89]|1\d|2\d|30)$/u.test(length);
    return isIPv4(address) && isLength && rest.length === 0;
  }, "expected an IPv4 subnet of a length from 8 to 30"),
);
const Config = v.object({
  ipam: v.object({ subnet: Subnet, dataDir: v.optional(v.string(), "/var/lib/cni/leases") }),
});

/** Addresses by what has them: `<container>@<interface>`. */
type Leases = Record<string, string>;

const ownerOf = (a: { containerId: string; ifName: string }): string =>
  `${a.containerId}@${a.ifName}`;

const numberOf = (address: string): number =>
  address.split(".").reduce((number, part) => number * 256 + Number(part), 0);
const addressOf = (number: number): string =>
  [24, 16, 8, 0].map((shift) => (number >>> shift) & 255).join(".");

/** The network's lowest address, and the first and last that may be given: the gateway has the lowest but one. */
function rangeOf(subnet: string): { length: number; gateway: string; first: number; last: number } {
  const [address = "", text = ""] = subnet.split("/");
  const length = Number(text);
  const size = 2 ** (32 - length);
  const base = numberOf(address) - (numberOf(address) % size);
  return { length, gateway: addressOf(base + 1), first: base + 2, last: base + size - 2 };
}

/** A file that is not there is none; one that cannot be read must not be taken for empty. */
async function read(file: string): Promise<Leases> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Leases;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}

/** Reads the network's leases, has `change` change them, and writes them: one call at a time. */
async function changed<T>(ctx: Context, change: (leases: Leases) => T): Promise<T> {
  const { dataDir } = decode(Config, ctx.config).ipam;
  const file = join(dataDir, ctx.network);
  return await ctx.locked("network", async () => {
    const leases = await read(file);
    const given = change(leases);
    await mkdir(dataDir, { recursive: true });
    await writeFile(`${file}~`, JSON.stringify(leases), { flush: true });
    await rename(`${file}~`, file);
    return given;
  });
}

export const plugin: Plugin = definePlugin({
  name: "leases",
  version: "1.0.0",
  lockDirectory: (ctx) => join(decode(Config, ctx.config).ipam.dataDir, ".locks"),
  async add(ctx) {
    const { length, gateway, first, last } = rangeOf(decode(Config, ctx.config).ipam.subnet);
    const address = await changed(ctx, (leases) => {
      if (leases[ownerOf(ctx)] !== undefined) {
        throw pluginError(100, `${ownerOf(ctx)} has an address already`);
      }
      const taken = new Set(Object.values(leases));
      for (let number = first; number <= last; number++) {
        const free = addressOf(number);
        if (taken.has(free)) continue;
        leases[ownerOf(ctx)] = free;
        return free;
      }
      throw new CniError(ErrorCode.TRY_AGAIN_LATER, "the subnet is full");
    });
    return { ips: [{ address: `${address}/${length}`, gateway }] };
  },
  async del(ctx) {
    await changed(ctx, (leases) => delete leases[ownerOf(ctx)]);
  },
  async check(ctx) {
    const has = await changed(ctx, (leases) => leases[ownerOf(ctx)]);
    if (has === undefined) throw pluginError(101, `${ownerOf(ctx)} has no address`);
  },
  async gc(ctx) {
    const valid = new Set(ctx.validAttachments?.map(ownerOf));
    await changed(ctx, (leases) => {
      for (const owner of Object.keys(leases)) if (!valid.has(owner)) delete leases[owner];
    });
  },
});

await main(plugin, import.meta);
