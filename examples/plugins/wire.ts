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
  addressesOf,
  CniError,
  type Context,
  containerInterface,
  decode,
  definePlugin,
  ErrorCode,
  main,
  type Plugin,
  pluginError,
  type Result,
  requirePrevResult,
} from "hawser/plugin";
import * as v from "valibot";

const Config = v.object({
  mtu: v.optional(v.pipe(v.number(), v.integer(), v.minValue(68), v.maxValue(65535)), 1500),
  ipam: v.object({ type: v.string() }),
});

async function run(program: string, args: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)(program, args, { maxBuffer: 2 ** 26 })).stdout;
  } catch (error) {
    throw pluginError(101, `"${program} ${args.join(" ")}" failed`, String(error));
  }
}
const onHost = (...args: string[]): Promise<string> => run("ip", args);
const inside = (ctx: Context, ...args: string[]): Promise<string> =>
  run("nsenter", [`--net=${ctx.netns}`, "ip", ...args]);

/** Name and MAC of the host's end follow from the attachment alone, so DEL needs no memory. */
interface HostEnd {
  readonly name: string;
  readonly mac: string;
}
function hostEnd(network: string, containerId: string, ifName: string): HostEnd {
  const hash = createHash("sha256").update(`${network} ${containerId} ${ifName}`).digest("hex");
  // 02 is the first byte of addresses that no manufacturer gives.
  return {
    name: `wire${hash.slice(0, 11)}`,
    mac: `02${hash.slice(11, 21)}`.replace(/..\B/gu, "$&:"),
  };
}
const hostEndOf = (ctx: Context): HostEnd => hostEnd(ctx.network, ctx.containerId, ctx.ifName);

/** The mark on the host's end: GC of a network takes nothing but that network's wires. */
const mark = (network: string): string => `wire ${network}`;

const family = (address: string): string => (address.includes(":") ? "-6" : "-4");
/** The address alone, as the destination of a route. */
const whole = (address: string): string =>
  address.replace(/(?:\/.*)?$/u, address.includes(":") ? "/128" : "/32");

/** Makes the pair. The kernel does so only when both names are free. */
async function makeLink(ctx: Context, mtu: number): Promise<void> {
  const size = ["mtu", String(mtu)];
  const peer = ["peer", "name", ctx.ifName, ...size, "netns", ctx.netns];
  try {
    const { name, mac } = hostEndOf(ctx);
    await onHost("link", "add", "name", name, "address", mac, ...size, "type", "veth", ...peer);
  } catch (error) {
    if (!String(error).includes("File exists")) throw error;
    // With this code alone no DEL follows, which would take the wire of a container that lives.
    const code = ErrorCode.INVALID_ENVIRONMENT_VARIABLES;
    throw new CniError(code, `${ctx.ifName} is attached already, or its name is taken`);
  }
}

async function removeLink(name: string): Promise<void> {
  await onHost("link", "delete", "dev", name).catch((error: unknown) => {
    // What is gone already is what DEL wants.
    if (!String(error).includes("Cannot find device")) throw error;
  });
}

/** Removes the host's end; a link that only has its name belongs to another program, and stays. */
async function disconnect(ctx: Context): Promise<void> {
  const { name, mac } = hostEndOf(ctx);
  const shown = await onHost("-brief", "link", "show");
  const found = shown.split("\n").find((line) => /^[^\s@]+/u.exec(line)?.[0] === name);
  if (found === undefined || found.includes(` ${mac} `)) await removeLink(name);
}

/** Gives each end its addresses and routes. */
async function connect(ctx: Context, given: Result): Promise<void> {
  const { name: host } = hostEndOf(ctx);
  await onHost("link", "set", "dev", host, "alias", mark(ctx.network), "up");
  await inside(ctx, "link", "set", "dev", ctx.ifName, "up");
  for (const { address, gateway } of given.ips) {
    await inside(ctx, "address", "add", address, "dev", ctx.ifName);
    if (gateway !== undefined) await onHost("address", "add", whole(gateway), "dev", host);
    await onHost("route", "replace", whole(address), "dev", host);
  }
  for (const { dst, gw } of given.routes) {
    const ip = given.ips.find(({ address }) => family(address) === family(dst));
    const via = gw ?? ip?.gateway;
    const hop = via === undefined ? [] : ["via", via];
    // Another interface of the container may have brought the same route.
    await inside(ctx, "route", "append", dst, ...hop, "dev", ctx.ifName);
  }
}

async function macOf(ctx: Context): Promise<string> {
  const shown = await inside(ctx, "-brief", "link", "show", "dev", ctx.ifName);
  return shown.split(/\s+/u)[2] ?? "";
}

export const plugin: Plugin = definePlugin({
  name: "wire",
  version: "1.0.0",
  async add(ctx) {
    const { mtu, ipam } = decode(Config, ctx.config);
    await makeLink(ctx, mtu);
    try {
      const given = await ctx.delegate.add(ipam.type);
      try {
        await connect(ctx, given);
        const end = { name: ctx.ifName, mac: await macOf(ctx), sandbox: ctx.netns, mtu };
        ctx.signal.throwIfAborted();
        const ips = given.ips.map((ip) => ({ ...ip, interface: 1 }));
        return { ...given, interfaces: [hostEndOf(ctx), end], ips };
      } catch (error) {
        await ctx.delegate.del(ipam.type);
        throw error;
      }
    } catch (error) {
      await disconnect(ctx);
      throw error;
    }
  },

  async check(ctx) {
    await ctx.delegate.check(decode(Config, ctx.config).ipam.type);
    const result = requirePrevResult(ctx);
    const shown = await inside(ctx, "-brief", "address", "show", "dev", ctx.ifName);
    const [, state, ...addresses] = shown.trim().split(/\s+/u);
    if (state !== "UP") throw pluginError(102, `${ctx.ifName} is ${state}`);
    const { mac = "" } = containerInterface(result, ctx.ifName) ?? {};
    if (mac !== "" && mac !== (await macOf(ctx))) {
      throw pluginError(102, `the MAC of ${ctx.ifName} is not ${mac} any more`);
    }
    for (const { address, gateway } of addressesOf(result, ctx.ifName)) {
      if (!addresses.includes(address)) {
        throw pluginError(102, `${ctx.ifName} has lost its address ${address}`);
      }
      if (gateway === undefined) continue; // perhaps a later plugin's, which the host knows nothing of
      const to = ["exact", whole(address), "dev", hostEndOf(ctx).name];
      const route = await onHost(family(address), "route", "show", ...to);
      if (route === "") throw pluginError(102, `the host has lost its route to ${address}`);
    }
    for (const { dst } of result.routes) {
      // A plugin behind this one may have moved the route into another table.
      const to = ["table", "all", "exact", dst];
      const route = await inside(ctx, family(dst), "route", "show", ...to);
      if (route === "") throw pluginError(102, `the container has lost its route to ${dst}`);
    }
  },

  async del(ctx) {
    try {
      await disconnect(ctx);
    } finally {
      await ctx.delegate.del(decode(Config, ctx.config).ipam.type);
    }
  },

  async gc(ctx) {
    const valid = new Set(
      ctx.validAttachments?.map((a) => hostEnd(ctx.network, a.containerId, a.ifName).name),
    );
    const shown = await onHost("-json", "link", "show", "type", "veth");
    const links = JSON.parse(shown) as { ifname: string; ifalias?: string }[];
    const stale = links.filter(
      ({ ifname, ifalias }) => ifalias === mark(ctx.network) && !valid.has(ifname),
    );
    const ends = await Promise.allSettled([
      ...stale.map(({ ifname }) => removeLink(ifname)),
      ctx.delegate.gc(decode(Config, ctx.config).ipam.type),
    ]);
    // What could be removed is; the rest is reported.
    const errors = ends.flatMap((end): unknown[] =>
      end.status === "rejected" ? [end.reason] : [],
    );
    if (errors.length > 0) throw new AggregateError(errors);
  },

  async status(ctx) {
    await ctx.delegate.status(decode(Config, ctx.config).ipam.type);
  },
});

await main(plugin, import.meta);
