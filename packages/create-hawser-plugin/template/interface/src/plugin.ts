/**
 * An interface plugin: a pair of interfaces (veth) from the container to the host, with the addresses and
 * routes that an IPAM plugin gives. The gateway of the addresses becomes the host's end.
 *
 *     {"type": "{{name}}", "mtu": 1500, "ipam": {"type": "host-local", "subnet": "10.7.0.0/24"}}
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
  type Plugin,
  pluginError,
  type Result,
  requirePrevResult,
  type ValidAttachment,
} from "hawser/plugin";
import * as v from "valibot";

/** Codes from 100 on are a plugin's own. */
const PROGRAM_FAILED = 100;
const IS_DAMAGED = 101;

/** The plugin's own keys. A wrong value is answered with code 7, and is named. */
const Config = v.object({
  mtu: v.optional(v.pipe(v.number(), v.integer(), v.minValue(68), v.maxValue(65535)), 1500),
  ipam: v.object({ type: v.string() }),
});
const ipamOf = (ctx: Context): string => decode(Config, ctx.config).ipam.type;

async function run(program: string, args: readonly string[]): Promise<string> {
  try {
    return (await promisify(execFile)(program, args, { maxBuffer: 2 ** 26 })).stdout;
  } catch (error) {
    throw pluginError(PROGRAM_FAILED, `"${program} ${args.join(" ")}" failed`, String(error));
  }
}
const onHost = (...args: string[]): Promise<string> => run("ip", args);
const inside = (ctx: Context, ...args: string[]): Promise<string> =>
  run("nsenter", [`--net=${ctx.netns}`, "ip", ...args]);

/**
 * The host's end. Its name follows from the network and the attachment, its MAC from the name: DEL finds it
 * without a memory, also when the namespace is gone, and takes no link of another program for its own.
 */
interface HostEnd {
  readonly name: string;
  readonly mac: string;
}
const hash = (...texts: string[]): string =>
  createHash("sha256").update(JSON.stringify(texts)).digest("hex");
const prefixOf = (network: string): string => `v${hash("{{name}}", network).slice(0, 5)}`;
function hostEnd(network: string, { containerId, ifName }: ValidAttachment): HostEnd {
  const name = prefixOf(network) + hash(containerId, ifName).slice(0, 9);
  return { name, mac: macOf(name) };
}
/** 02 is the first byte of addresses that no manufacturer gives. */
function macOf(name: string): string {
  return `02${hash(name).slice(0, 10)}`.replace(/..\B/gu, "$&:");
}

/** What `ip` tells of an interface. */
interface Shown {
  readonly ifname: string;
  readonly address: string;
  readonly flags: readonly string[];
  readonly addr_info: readonly { readonly local: string; readonly prefixlen: number }[];
}
const shownOf = (json: string): Shown[] => JSON.parse(json) as Shown[];

/** The container's end as it is now; undefined when there is none. */
async function containerEnd(ctx: Context): Promise<Shown | undefined> {
  const links = shownOf(await inside(ctx, "-json", "address", "show"));
  return links.find(({ ifname }) => ifname === ctx.ifName);
}

/** The host's ends that this plugin made for a network. */
async function hostEnds(network: string): Promise<string[]> {
  const links = shownOf(await onHost("-json", "link", "show", "type", "veth"));
  return links
    .filter(({ ifname, address }) => address === macOf(ifname))
    .map(({ ifname }) => ifname)
    .filter((name) => name.startsWith(prefixOf(network)));
}

/** Makes the pair. The kernel does so only when both names are free. */
async function connect(ctx: Context, mtu: number): Promise<void> {
  const { name, mac } = hostEnd(ctx.network, ctx);
  const size = ["mtu", String(mtu)];
  const peer = ["peer", "name", ctx.ifName, ...size, "netns", ctx.netns];
  try {
    await onHost("link", "add", "name", name, "address", mac, ...size, "type", "veth", ...peer);
  } catch (error) {
    if (!String(error).includes("File exists")) throw error;
    // With this code alone no DEL follows, which would take the interface of a container that lives.
    const code = ErrorCode.INVALID_ENVIRONMENT_VARIABLES;
    throw new CniError(code, `${ctx.ifName} is attached already, or its name is taken`);
  }
}

/** What is gone already is what DEL wants. */
async function remove(name: string): Promise<void> {
  await onHost("link", "delete", "dev", name).catch((error: unknown) => {
    if (!String(error).includes("Cannot find device")) throw error;
  });
}

async function disconnect(ctx: Context): Promise<void> {
  const { name } = hostEnd(ctx.network, ctx);
  if ((await hostEnds(ctx.network)).includes(name)) await remove(name);
}

const isSix = (address: string): boolean => address.includes(":");
/** The address alone, as the destination of a route. */
const alone = (address: string): string =>
  address.replace(/\/.*|$/u, isSix(address) ? "/128" : "/32");

/** Gives each end its addresses and routes. */
async function configure(ctx: Context, given: Result): Promise<void> {
  const { name } = hostEnd(ctx.network, ctx);
  await onHost("link", "set", "dev", name, "up");
  await inside(ctx, "link", "set", "dev", ctx.ifName, "up");
  for (const { address, gateway } of given.ips) {
    await inside(ctx, "address", "add", address, "dev", ctx.ifName);
    if (gateway !== undefined) await onHost("address", "add", alone(gateway), "dev", name);
    await onHost("route", "replace", alone(address), "dev", name);
  }
  for (const { dst, gw } of given.routes) {
    const ip = given.ips.find(({ address }) => isSix(address) === isSix(dst));
    const gateway = gw ?? ip?.gateway;
    const hop = gateway === undefined ? [] : ["via", gateway];
    // Another interface of the container may have brought the same route.
    await inside(ctx, "route", "append", dst, ...hop, "dev", ctx.ifName);
  }
}

export const plugin: Plugin = definePlugin({
  name: "{{name}}",
  version: "0.1.0",

  /** The pair comes first: where the kernel refuses it, nothing has to be taken back. */
  async add(ctx) {
    const { mtu, ipam } = decode(Config, ctx.config);
    await connect(ctx, mtu);
    try {
      const given = await ctx.delegate.add(ipam.type);
      try {
        await configure(ctx, given);
        const mac = (await containerEnd(ctx))?.address ?? "";
        const end = { name: ctx.ifName, mac, sandbox: ctx.netns, mtu };
        ctx.signal.throwIfAborted();
        const ips = given.ips.map((ip) => ({ ...ip, interface: 1 }));
        return { ...given, interfaces: [hostEnd(ctx.network, ctx), end], ips };
      } catch (error) {
        await ctx.delegate.del(ipam.type);
        throw error;
      }
    } catch (error) {
      await disconnect(ctx);
      throw error;
    }
  },

  /** Compares what is there with the result of ADD. */
  async check(ctx) {
    await ctx.delegate.check(ipamOf(ctx));
    const result = requirePrevResult(ctx);
    const end = await containerEnd(ctx);
    if (end === undefined) throw pluginError(IS_DAMAGED, `${ctx.ifName} is gone`);
    if (!end.flags.includes("UP")) throw pluginError(IS_DAMAGED, `${ctx.ifName} is down`);
    const { mac = "" } = containerInterface(result, ctx.ifName) ?? {};
    if (mac !== "" && mac !== end.address) {
      throw pluginError(IS_DAMAGED, `the MAC of ${ctx.ifName} is not ${mac} any more`);
    }
    const has = end.addr_info.map(({ local, prefixlen }) => `${local}/${prefixlen}`);
    for (const { address, gateway } of addressesOf(result, ctx.ifName)) {
      if (!has.includes(address)) {
        throw pluginError(IS_DAMAGED, `${ctx.ifName} has lost its address ${address}`);
      }
      if (gateway === undefined) continue; // perhaps a later plugin's, which the host knows nothing of
      const to = ["exact", alone(address), "dev", hostEnd(ctx.network, ctx).name];
      const route = await onHost(isSix(address) ? "-6" : "-4", "route", "show", ...to);
      if (route === "") throw pluginError(IS_DAMAGED, `the host has lost its route to ${address}`);
    }
    for (const { dst } of result.routes) {
      // A plugin behind this one may have moved the route into another table.
      const to = ["table", "all", "exact", dst];
      const route = await inside(ctx, isSix(dst) ? "-6" : "-4", "route", "show", ...to);
      if (route === "") throw pluginError(IS_DAMAGED, `the container has lost its route to ${dst}`);
    }
  },

  /** The IPAM plugin is called in any case. */
  async del(ctx) {
    try {
      await disconnect(ctx);
    } finally {
      await ctx.delegate.del(ipamOf(ctx));
    }
  },

  /** Takes back what belongs to no container any more: what can be removed is, the rest is reported. */
  async gc(ctx) {
    const valid = new Set(ctx.validAttachments?.map((each) => hostEnd(ctx.network, each).name));
    const stale = (await hostEnds(ctx.network)).filter((name) => !valid.has(name));
    const ends = await Promise.allSettled([...stale.map(remove), ctx.delegate.gc(ipamOf(ctx))]);
    const errors = ends.flatMap((end) =>
      end.status === "rejected" ? [end.reason as unknown] : [],
    );
    if (errors.length > 0) throw new AggregateError(errors);
  },

  async status(ctx) {
    await ctx.delegate.status(ipamOf(ctx));
  },

  /** What `hawser plan` shows, a line a step; it refuses what ADD would refuse, and touches nothing. */
  async plan(ctx) {
    const { mtu, ipam } = decode(Config, ctx.config);
    const { name } = hostEnd(ctx.network, ctx);
    const pair = `veth pair: ${ctx.ifName} in the container, ${name} on the host, mtu ${mtu}`;
    const steps = (await ctx.delegate.plan(ipam.type))?.steps ?? [];
    return [pair, ...steps.map((step) => ({ plugin: ipam.type, ...step }))];
  },
});
