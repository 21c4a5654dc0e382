/**
 * A plugin as flannel has one: it makes no interface itself, but a configuration for the plugin that
 * does. Another program writes into a file which subnet this node's containers are in:
 *
 *     SUBNET=10.8.3.0/24
 *     MTU=1450
 *
 *     {"type": "podsubnet", "subnetFile": "/run/podsubnet.env", "delegate": {"bridge": "pods0"}}
 */
import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
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

/** Written before the delegate is called, since a DEL has to find it, and never over that of another ADD. */
async function remember(ctx: Context, config: JsonObject): Promise<void> {
  await mkdir(directory(ctx), { recursive: true });
  try {
    await writeFile(fileOf(ctx), printJson(config), { flag: "wx", flush: true });
  } catch (cause) {
    if (codeOf(cause) !== "EEXIST") throw cause;
    // A runtime leaves alone what refuses with this code: the attachment lives.
    const msg = `${fileName(ctx)} is attached already`;
    throw new CniError(ErrorCode.INVALID_ENVIRONMENT_VARIABLES, msg, { cause });
  }
}

/** What ADD delegated with: the file that other program writes may say something else by now. */
async function remembered(ctx: Context, name: string): Promise<JsonObject | undefined> {
  const file = join(directory(ctx), name);
  try {
    const config = parseJson(await readFile(file, "utf8"));
    if (isObject(config)) return config;
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    if (!(error instanceof CniError)) throw error;
  }
  // An ADD that died while it wrote the note has delegated nothing.
  ctx.log(`${file} is no configuration, and counts as none`);
  return undefined;
}

/** The notes there are; a directory that cannot be read must not be taken for an empty one. */
async function names(ctx: Context): Promise<string[]> {
  return await readdir(directory(ctx)).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  });
}

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

function delegateOf(ctx: Context, config: JsonObject): [Delegate, string] {
  return [ctx.delegate.with({ config }), decode(Config, { delegate: config }).delegate.type];
}

export const plugin: Plugin = definePlugin({
  name: "podsubnet",
  version: "1.0.0",
  async add(ctx) {
    const config = await configuration(ctx);
    const [delegate, type] = delegateOf(ctx, config);
    await remember(ctx, config);
    // When this fails the note stays: the DEL that follows reads it.
    return await delegate.add(type);
  },
  async del(ctx) {
    const config = await remembered(ctx, fileName(ctx));
    if (config !== undefined) {
      const [delegate, type] = delegateOf(ctx, config);
      await delegate.del(type);
    }
    await rm(fileOf(ctx), { force: true });
  },
  async check(ctx) {
    const config = await remembered(ctx, fileName(ctx));
    if (config === undefined) {
      throw new CniError(ErrorCode.UNKNOWN_CONTAINER, `${fileOf(ctx)} is missing`);
    }
    const [delegate, type] = delegateOf(ctx, config);
    await delegate.check(type);
  },
  async gc(ctx) {
    const found = await names(ctx);
    const valid = new Set((ctx.validAttachments ?? []).map(fileName));
    const notes = new Map<string, JsonObject>();
    for (const name of new Set([...valid, ...found])) {
      const config = await remembered(ctx, name);
      if (config !== undefined) notes.set(name, config);
      else if (valid.has(name)) {
        throw new CniError(ErrorCode.IO_FAILURE, `${name} is valid, and its note cannot be read`);
      }
    }
    // One configuration stands for all: what differs among them are subnets, which the delegate keeps.
    const [config] = notes.values();
    if (config !== undefined) {
      const [delegate, type] = delegateOf(ctx, config);
      await delegate.gc(type);
    }
    // Only now: a GC that has failed is made again.
    const stale = found.filter((name) => !valid.has(name));
    await Promise.all(stale.map((name) => rm(join(directory(ctx), name), { force: true })));
  },
  async status(ctx) {
    const [delegate, type] = delegateOf(ctx, await configuration(ctx));
    await delegate.status(type);
  },
});

await main(plugin, import.meta);
