/**
 * An IPAM plugin: gives each container of a network the lowest free address of its subnet, and keeps what
 * it gave in one file per network.
 *
 *     {"type": "bridge", "ipam": {"type": "leases", "subnet": "10.9.0.0/28"}}
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Ip, Prefix } from "hawser/addr";
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

/** A subnet has room for its own address, a gateway's, and one more at least. */
const isSubnet = (text: string): boolean => {
  const prefix = Prefix.tryParse(text);
  return prefix !== undefined && prefix.length <= (prefix.family === 4 ? 30 : 126);
};
const Subnet = v.pipe(v.string(), v.check(isSubnet, "expected a subnet of four addresses or more"));
const Config = v.object({
  ipam: v.object({ subnet: Subnet, dataDir: v.optional(v.string(), "/var/lib/cni/leases") }),
});

/** Addresses by what has them: `<container>@<interface>`. */
type Leases = Record<string, string>;

const ownerOf = (a: { containerId: string; ifName: string }): string =>
  `${a.containerId}@${a.ifName}`;

/** The lowest address behind the gateway's that is not taken. */
function lowestFree(subnet: Prefix, taken: ReadonlySet<string>): Ip {
  const last = subnet.broadcast?.previous() ?? subnet.last();
  let ip = subnet.first().next().next();
  for (; ip.compare(last) <= 0; ip = ip.next()) if (!taken.has(ip.toString())) return ip;
  throw new CniError(ErrorCode.TRY_AGAIN_LATER, "the subnet is full");
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
    const subnet = Prefix.parse(decode(Config, ctx.config).ipam.subnet);
    const address = await changed(ctx, (leases) => {
      if (leases[ownerOf(ctx)] !== undefined) {
        // With this code alone no DEL follows, which would free the address of a container that lives.
        const code = ErrorCode.INVALID_ENVIRONMENT_VARIABLES;
        throw new CniError(code, `${ownerOf(ctx)} has an address already`);
      }
      const free = lowestFree(subnet, new Set(Object.values(leases)));
      leases[ownerOf(ctx)] = free.toString();
      return new Prefix(free, subnet.length).toString();
    });
    return { ips: [{ address, gateway: subnet.first().next().toString() }] };
  },
  async del(ctx) {
    await changed(ctx, (leases) => delete leases[ownerOf(ctx)]);
  },
  async check(ctx) {
    const has = await changed(ctx, (leases) => leases[ownerOf(ctx)]);
    if (has === undefined) throw pluginError(100, `${ownerOf(ctx)} has no address`);
  },
  async gc(ctx) {
    const valid = new Set(ctx.validAttachments?.map(ownerOf));
    await changed(ctx, (leases) => {
      for (const owner of Object.keys(leases)) if (!valid.has(owner)) delete leases[owner];
    });
  },
});

await main(plugin, import.meta);
