/**
 * An interface plugin: a wire (veth pair) from the container to the host, and routes on both ends;
 * no bridge. Addresses come from an IPAM plugin, whose gateway becomes the host's end:
 *
 *     {"type": "wire", "mtu": 1500, "ipam": {"type": "host-local", "subnet": "10.7.0.0/24"}}
 *
 * It runs `ip` and `nsenter`, as any plugin may.
 */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import {
  type Context,
  decode,
  definePlugin,
  main,
  type Plugin,
  pluginError,
  type Result,
} from "hawser/plugin";
import * as v from "valibot";

const Config = v.object({
  mtu: v.optional(v.pipe(v.number(), v.integer(), v.minValue(68)), 1500),
  ipam: v.object({ type: v.string() }),
});

async function run(program: string, args: string[]): Promise<string> {
  try {
    return (await promisify(execFile)(program, args)).stdout;
  } catch (error) {
    throw pluginError(101, `"${program} ${args.join(" ")}" failed`, String(error));
  }
}
const onHost = (...args: string[]): Promise<string> => run("ip", args);
const inside = (ctx: Context, ...args: string[]): Promise<string> =>
  run("nsenter", [`--net=${ctx.netns}`, "ip", ...args]);

/** The owner's mark on the host's end; GC goes by it. */
const owner = (network: string, containerId: string, ifName: string): string =>
  `wire ${network} ${containerId} ${ifName}`;

/** The name of the host's end follows from the attachment alone, so DEL needs no memory. */
function hostEnd(ctx: Context): string {
  const hash = createHash("sha256").update(owner(ctx.network, ctx.containerId, ctx.ifName));
  return `wire${hash.digest("hex").slice(0, 11)}`;
}

async function removeLink(name: string): Promise<void> {
  await onHost("link", "delete", "dev", name).catch((error: unknown) => {
    // What is gone already is what DEL wants.
    if (!String(error).includes("Cannot find device")) throw error;
  });
}

/** Makes the pair and gives each end its addresses and routes. */
async function connect(ctx: Context, mtu: number, given: Result): Promise<void> {
  const host = hostEnd(ctx);
  const size = ["mtu", String(mtu)];
  const peer = ["peer", "name", ctx.ifName, ...size, "netns", ctx.netns];
  await onHost("link", "add", "name", host, ...size, "type", "veth", ...peer);
  const mark = owner(ctx.network, ctx.containerId, ctx.ifName);
  await onHost("link", "set", "dev", host, "alias", mark);
  await onHost("link", "set", "dev", host, "up");
  await inside(ctx, "link", "set", "dev", ctx.ifName, "up");
  for (const { address, gateway } of given.ips) {
    const whole = address.includes(":") ? "128" : "32";
    await inside(ctx, "address", "add", address, "dev", ctx.ifName);
    if (gateway !== undefined) await onHost("address", "add", `${gateway}/${whole}`, "dev", host);
    await onHost("route", "replace", address.replace(/\/.*/u, `/${whole}`), "dev", host);
  }
  for (const { dst, gw } of given.routes) {
    const ip = given.ips.find(({ address }) => address.includes(":") === dst.includes(":"));
    const via = gw ?? ip?.gateway;
    const hop = via === undefined ? [] : ["via", via];
    await inside(ctx, "route", "add", dst, ...hop, "dev", ctx.ifName);
  }
}

export const plugin: Plugin = definePlugin({
  name: "wire",
  version: "1.0.0",
  async add(ctx) {
    const { mtu, ipam } = decode(Config, ctx.config);
    const links = await inside(ctx, "-brief", "link", "show");
    if (links.split(/[\s@]/u).includes(ctx.ifName)) {
      throw pluginError(100, `${ctx.netns} already has an interface ${ctx.ifName}`);
    }
    const given = await ctx.delegate.add(ipam.type);
    try {
      await connect(ctx, mtu, given);
    } catch (error) {
      await removeLink(hostEnd(ctx));
      await ctx.delegate.del(ipam.type);
      throw error;
    }
    const interfaces = [{ name: hostEnd(ctx) }, { name: ctx.ifName, sandbox: ctx.netns, mtu }];
    return { ...given, interfaces, ips: given.ips.map((ip) => ({ ...ip, interface: 1 })) };
  },
  async check(ctx) {
    await ctx.delegate.check(decode(Config, ctx.config).ipam.type);
    const shown = await inside(ctx, "address", "show", "dev", ctx.ifName);
    for (const { address } of ctx.prevResult?.ips ?? []) {
      if (!shown.includes(` ${address} `)) {
        throw pluginError(102, `${ctx.ifName} has lost its address ${address}`);
      }
    }
  },
  async del(ctx) {
    await removeLink(hostEnd(ctx));
    await ctx.delegate.del(decode(Config, ctx.config).ipam.type);
  },
  async gc(ctx) {
    const valid = new Set(
      ctx.validAttachments?.map((a) => owner(ctx.network, a.containerID, a.ifname)),
    );
    const shown = await onHost("-json", "link", "show", "type", "veth");
    const links = JSON.parse(shown) as { ifname: string; ifalias?: string }[];
    for (const { ifname, ifalias = "" } of links) {
      if (ifalias.startsWith(`wire ${ctx.network} `) && !valid.has(ifalias)) {
        await removeLink(ifname);
      }
    }
    await ctx.delegate.gc(decode(Config, ctx.config).ipam.type);
  },
  async status(ctx) {
    await ctx.delegate.status(decode(Config, ctx.config).ipam.type);
  },
});

await main(plugin, import.meta);
