/**
 * A plugin as multus is one: attaches a container to several networks by one call. The first is the
 * one that every container has; further ones are named by the runtime, and are `net1`, `net2` … inside:
 *
 *     {"type": "networks", "default": "blue", "networks": {
 *       "blue": {"type": "bridge", "bridge": "blue0", "ipam": {…}},
 *       "red": {"type": "macvlan", "master": "eth1", "ipam": {…}}}}
 *
 *     CNI_ARGS="IgnoreUnknown=1;NETWORKS=red"
 */
import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import {
  CniError,
  type Context,
  type DelegatePart,
  decode,
  definePlugin,
  ErrorCode,
  invalidConfig,
  type JsonObject,
  loadArgs,
  main,
  type Plugin,
  type Result,
} from "hawser/plugin";
import { field, isObject, parseJson, parseResult, printJson, printResult } from "hawser/spec";
import * as v from "valibot";

const Config = v.object({
  dataDir: v.optional(v.string(), "/var/lib/cni/networks"),
  default: v.string(),
});
const MAX_NETWORKS = 16;

/** One network of the container: all that a DEL needs, and the result that a CHECK does. */
interface Member extends DelegatePart {
  readonly config: JsonObject;
  readonly ifName: string;
}

/** The configuration of a network under its own name, so that it has addresses and rules of its own. */
function memberOf(ctx: Context, name: string, ifName: string): Member {
  const networks = field(ctx.config, "networks");
  const config = isObject(networks) ? networks[name] : undefined;
  const type = isObject(config) ? config["type"] : undefined;
  if (!isObject(config) || typeof type !== "string") {
    throw invalidConfig(`"networks" has no plugin's configuration under ${JSON.stringify(name)}`);
  }
  return { type, ifName, config: { ...config, name: `${ctx.network}.${name}` } };
}

function wanted(ctx: Context): Member[] {
  const { NETWORKS = "" } = loadArgs(ctx.args, ["NETWORKS"]);
  const further = NETWORKS.split(",").filter((name) => name !== "");
  if (further.length > MAX_NETWORKS) throw invalidConfig(`more than ${MAX_NETWORKS} networks`);
  const names = [decode(Config, ctx.config).default, ...further];
  return names.map((name, index) => memberOf(ctx, name, index === 0 ? ctx.ifName : `net${index}`));
}

const directory = (ctx: Context): string => join(decode(Config, ctx.config).dataDir, ctx.network);
const fileOf = (ctx: Context): string => join(directory(ctx), `${ctx.containerId}@${ctx.ifName}`);

async function remember(
  ctx: Context,
  members: readonly Member[],
  results: Result[],
): Promise<void> {
  const noted = members.map(({ type, ifName, config }, index) => {
    const result = results[index];
    const text = result === undefined ? null : printResult(result, ctx.cniVersion);
    return { type, ifName, config, result: text };
  });
  await mkdir(directory(ctx), { recursive: true });
  await writeFile(`${fileOf(ctx)}~`, printJson(noted));
  await rename(`${fileOf(ctx)}~`, fileOf(ctx));
}

/** What the ADD delegated, whatever the configuration says by now; nothing where it is not known. */
async function remembered(ctx: Context, file: string): Promise<Member[]> {
  const text = await readFile(file, "utf8").catch(() => "[]");
  const noted = parseJson(text);
  return (Array.isArray(noted) ? noted : []).filter(isObject).flatMap((one): Member[] => {
    const { type, ifName, config, result } = one;
    if (typeof type !== "string" || typeof ifName !== "string" || !isObject(config)) return [];
    if (typeof result !== "string") return [{ type, ifName, config }];
    return [{ type, ifName, config, prevResult: parseResult(result, ctx.cniVersion) }];
  });
}

async function forget(ctx: Context): Promise<void> {
  await Promise.all([fileOf(ctx), `${fileOf(ctx)}~`].map((file) => rm(file, { force: true })));
}

export const plugin: Plugin = definePlugin({
  name: "networks",
  version: "1.0.0",
  async add(ctx) {
    const members = wanted(ctx);
    // Noted before anything is made: when this process is killed, the DEL that follows finds it.
    await remember(ctx, members, []);
    const made = ctx.delegate.several(members);
    try {
      const results = await made.add();
      await remember(ctx, members, results).catch(async (error: unknown) => {
        await made.del();
        throw error;
      });
      return results[0];
    } catch (error) {
      await forget(ctx);
      throw error;
    }
  },
  async del(ctx) {
    await ctx.delegate.several(await remembered(ctx, fileOf(ctx))).del();
    await forget(ctx);
  },
  async check(ctx) {
    const members = await remembered(ctx, fileOf(ctx));
    if (members.length === 0) {
      throw new CniError(ErrorCode.UNKNOWN_CONTAINER, `${fileOf(ctx)} is missing`);
    }
    await ctx.delegate.several(members).check();
  },
  async gc(ctx) {
    const valid = new Set(ctx.validAttachments?.map((a) => `${a.containerId}@${a.ifName}`));
    const files = await readdir(directory(ctx)).catch(() => []);
    const kept = new Map<string, { containerId: string; ifName: string }[]>();
    for (const file of files.filter((name) => valid.has(name))) {
      const [containerId = ""] = file.split("@");
      for (const { config, ifName } of await remembered(ctx, join(directory(ctx), file))) {
        const name = nameOf(config);
        kept.set(name, [...(kept.get(name) ?? []), { containerId, ifName }]);
      }
    }
    const networks = field(ctx.config, "networks");
    const parts = Object.keys(isObject(networks) ? networks : {}).map((name) => {
      const { type, config } = memberOf(ctx, name, ctx.ifName);
      return { type, config, validAttachments: kept.get(nameOf(config)) ?? [] };
    });
    await ctx.delegate.several(parts).gc();
    const stale = files.filter((name) => !valid.has(name));
    await Promise.all(stale.map((name) => rm(join(directory(ctx), name), { force: true })));
  },
  async status(ctx) {
    const networks = field(ctx.config, "networks");
    const parts = Object.keys(isObject(networks) ? networks : {}).map((name) => {
      const { type, config } = memberOf(ctx, name, ctx.ifName);
      return { type, config };
    });
    await ctx.delegate.several(parts).status();
  },
});

await main(plugin, import.meta);

function nameOf(config: JsonObject): string {
  return typeof config["name"] === "string" ? config["name"] : "";
}
