/**
 * An IPAM plugin: gives each container of a network the lowest free address of its subnet, IPv4 or IPv6,
 * and keeps in one file per network which are given.
 *
 *     {"type": "bridge", "ipam": {"type": "{{name}}", "subnet": "10.9.0.0/24"}}
 */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { Prefix } from "hawser/addr";
import {
  CniError,
  type Context,
  decode,
  definePlugin,
  ErrorCode,
  type Plugin,
  pluginError,
} from "hawser/plugin";
import * as v from "valibot";

/** What CHECK finds; codes from 100 on are a plugin's own. */
const HAS_NONE = 100;

/** A subnet has room for its own address, a gateway's, and one more at least. */
const isSubnet = (text: string): boolean => {
  const prefix = Prefix.tryParse(text);
  return prefix !== undefined && prefix.length <= (prefix.family === 4 ? 30 : 126);
};

/** The plugin's own keys, which an IPAM plugin has in `ipam`. */
const Config = v.object({
  ipam: v.object({
    subnet: v.pipe(v.string(), v.check(isSubnet, "expected a subnet of four addresses or more")),
    dataDir: v.optional(
      v.pipe(v.string(), v.check(isAbsolute, "expected an absolute path")),
      "/var/lib/cni/{{name}}",
    ),
  }),
});
const ipamOf = (ctx: Context): v.InferOutput<typeof Config>["ipam"] =>
  decode(Config, ctx.config).ipam;

/** Addresses by what has them: `<container>@<interface>`. */
type Given = Record<string, string>;
const ownerOf = (a: { containerId: string; ifName: string }): string =>
  `${a.containerId}@${a.ifName}`;

/** A file that is not there has nothing in it; one that cannot be read must not be taken for empty. */
async function read(file: string): Promise<Given> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as Given;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}

/** Reads what the network has given, has `change` change it, and writes it: one call at a time. */
async function changed<T>(ctx: Context, change: (given: Given) => T): Promise<T> {
  const { dataDir } = ipamOf(ctx);
  const file = join(dataDir, ctx.network);
  return await ctx.locked("network", async () => {
    const given = await read(file);
    const before = JSON.stringify(given);
    const answer = change(given);
    const after = JSON.stringify(given);
    if (after !== before) {
      // The file is whole at any time, also when the call is killed or the power fails.
      await mkdir(dataDir, { recursive: true });
      await writeFile(`${file}~`, after, { flush: true });
      await rename(`${file}~`, file);
    }
    return answer;
  });
}

/** The lowest address behind the gateway's that is not taken. */
function lowestFree(subnet: Prefix, taken: ReadonlySet<string>): string {
  const last = subnet.broadcast?.previous() ?? subnet.last();
  let ip = subnet.first().next().next();
  for (; ip.compare(last) <= 0; ip = ip.next()) {
    if (!taken.has(ip.toString())) return ip.toString();
  }
  throw new CniError(ErrorCode.TRY_AGAIN_LATER, `no address of ${subnet.network()} is free`);
}

export const plugin: Plugin = definePlugin({
  name: "{{name}}",
  version: "0.1.0",
  lockDirectory: (ctx) => join(ipamOf(ctx).dataDir, ".locks"),

  async add(ctx) {
    const subnet = Prefix.parse(ipamOf(ctx).subnet);
    const address = await changed(ctx, (given) => {
      const owner = ownerOf(ctx);
      if (owner in given) {
        // With this code alone no DEL follows, which would free the address of a container that lives.
        const code = ErrorCode.INVALID_ENVIRONMENT_VARIABLES;
        throw new CniError(code, `${owner} has an address already`);
      }
      const free = lowestFree(subnet, new Set(Object.values(given)));
      given[owner] = free;
      return free;
    });
    const gateway = subnet.first().next().toString();
    return { ips: [{ address: `${address}/${subnet.length}`, gateway }] };
  },

  /** Succeeds also when there is nothing to take back: a runtime calls it again. */
  async del(ctx) {
    await changed(ctx, (given) => delete given[ownerOf(ctx)]);
  },

  async check(ctx) {
    const address = await changed(ctx, (given) => given[ownerOf(ctx)]);
    if (address === undefined) throw pluginError(HAS_NONE, `${ownerOf(ctx)} has no address`);
  },

  /** Takes back what belongs to no container any more. */
  async gc(ctx) {
    const valid = new Set(ctx.validAttachments?.map(ownerOf));
    await changed(ctx, (given) => {
      for (const owner of Object.keys(given)) if (!valid.has(owner)) delete given[owner];
    });
  },

  /** Tells the runtime before it makes a container that would get no address. */
  async status(ctx) {
    const subnet = Prefix.parse(ipamOf(ctx).subnet);
    await changed(ctx, (given) => lowestFree(subnet, new Set(Object.values(given))));
  },

  /** What `hawser plan` shows, a line a step: it touches nothing, so it takes no lock. */
  async plan(ctx) {
    const { subnet, dataDir } = ipamOf(ctx);
    const given = await read(join(dataDir, ctx.network));
    return [`address: ${lowestFree(Prefix.parse(subnet), new Set(Object.values(given)))}`];
  },
});
