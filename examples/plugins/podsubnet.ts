/**
 * A plugin as flannel has one: it makes no interface itself, but a configuration for the plugin that
 * does. Another program writes into a file which subnet this node's containers are in:
 *
 *     SUBNET=10.8.3.0/24
 *     MTU=1450
 *
 *     {"type": "podsubnet", "subnetFile": "/run/podsubnet.env", "delegate": {"bridge": "pods0"}}
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  CniError,
  type Context,
  type Delegate,
  decode,
  definePlugin,
  ErrorCode,
  type JsonObject,
  main,
  type Plugin,
  type ValidAttachment,
} from "hawser/plugin";
import { field, isObject, parseJson, printJson } from "hawser/spec";
import * as v from "valibot";

const Config = v.object({
  subnetFile: v.optional(v.string(), "/run/podsubnet.env"),
  dataDir: v.optional(v.string(), "/var/lib/cni/podsubnet"),
  delegate: v.optional(v.looseObject({ type: v.optional(v.string(), "bridge") }), {}),
});

function objectAt(parent: JsonObject, key: string): JsonObject {
  const value = field(parent, key);
  return isObject(value) ? value : {};
}

/** What the delegate is called with, from what the file says now. */
async function configuration(ctx: Context): Promise<JsonObject> {
  const { subnetFile } = decode(Config, ctx.config);
  const text = await readFile(subnetFile, "utf8").catch((cause: unknown) => {
    const msg = `${subnetFile} cannot be read: does the program run that writes it?`;
    throw new CniError(ErrorCode.PLUGIN_NOT_AVAILABLE, msg, { cause });
  });
  const { SUBNET: subnet, MTU: mtu = "1500" } = Object.fromEntries(
    text.split("\n").map((line) => line.split("=", 2)),
  ) as Record<string, string | undefined>;
  if (subnet === undefined) {
    throw new CniError(ErrorCode.PLUGIN_NOT_AVAILABLE, `${subnetFile} has no SUBNET`);
  }
  // From the configuration itself, so that keys which this plugin does not know reach the delegate.
  const own = objectAt(ctx.config, "delegate");
  const ranges = [[{ subnet }]];
  return {
    ...{ type: "bridge", mtu: Number(mtu), isGateway: true, ...own },
    ipam: { type: "host-local", routes: [{ dst: "0.0.0.0/0" }], ...objectAt(own, "ipam"), ranges },
  };
}

const directory = (ctx: Context): string => join(decode(Config, ctx.config).dataDir, ctx.network);
const fileName = ({ containerId, ifName }: ValidAttachment): string => `${containerId}@${ifName}`;
const fileOf = (ctx: Context): string => join(directory(ctx), fileName(ctx));

/** Written before the delegate is called, and whole or not at all: a DEL has to find it. */
async function remember(ctx: Context, config: JsonObject): Promise<void> {
  await mkdir(directory(ctx), { recursive: true });
  await writeFile(`${fileOf(ctx)}~`, printJson(config));
  await rename(`${fileOf(ctx)}~`, fileOf(ctx));
}

/** What ADD delegated with: the file that other program writes may say something else by now. */
async function remembered(file: string): Promise<JsonObject | undefined> {
  const text = await readFile(file, "utf8").catch(() => undefined);
  const config = text === undefined ? undefined : parseJson(text);
  return isObject(config) ? config : undefined;
}

function delegateOf(ctx: Context, config: JsonObject): [Delegate, string] {
  return [ctx.delegate.with({ config }), decode(Config, { delegate: config }).delegate.type];
}

async function forget(ctx: Context): Promise<void> {
  await Promise.all([fileOf(ctx), `${fileOf(ctx)}~`].map((file) => rm(file, { force: true })));
}

export const plugin: Plugin = definePlugin({
  name: "podsubnet",
  version: "1.0.0",
  async add(ctx) {
    const config = await configuration(ctx);
    const [delegate, type] = delegateOf(ctx, config);
    await remember(ctx, config);
    try {
      return await delegate.add(type);
    } catch (error) {
      await forget(ctx); // the kit has called the delegate with DEL
      throw error;
    }
  },
  async del(ctx) {
    const config = await remembered(fileOf(ctx));
    if (config !== undefined) {
      const [delegate, type] = delegateOf(ctx, config);
      await delegate.del(type);
    }
    await forget(ctx);
  },
  async check(ctx) {
    const config = await remembered(fileOf(ctx));
    if (config === undefined) {
      throw new CniError(ErrorCode.UNKNOWN_CONTAINER, `${fileOf(ctx)} is missing`);
    }
    const [delegate, type] = delegateOf(ctx, config);
    await delegate.check(type);
  },
  async gc(ctx) {
    const valid = new Set((ctx.validAttachments ?? []).map(fileName));
    const files = await readdir(directory(ctx)).catch(() => []);
    // One configuration stands for all: what differs among them are subnets, which the delegate keeps.
    const [first] = files;
    const config = first && (await remembered(join(directory(ctx), first)));
    if (config) {
      const [delegate, type] = delegateOf(ctx, config);
      await delegate.gc(type);
    }
    const stale = files.filter((name) => !valid.has(name));
    await Promise.all(stale.map((name) => rm(join(directory(ctx), name), { force: true })));
  },
  async status(ctx) {
    const [delegate, type] = delegateOf(ctx, await configuration(ctx));
    await delegate.status(type);
  },
});

await main(plugin, import.meta);
