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
  type ValidAttachment,
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
const fileName = (a: ValidAttachment): string => `${a.containerId}@${a.ifName}`;
const fileOf = (ctx: Context): string => join(directory(ctx), fileName(ctx));
const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

function noteOf(ctx: Context, members: readonly Member[], results: readonly Result[]): string {
  const noted = members.map(({ type, ifName, config }, index) => {
    const result = results[index];
    const text = result === undefined ? null : printResult(result, ctx.cniVersion);
    return { type, ifName, config, result: text };
  });
  return printJson(noted);
}

/** The first note of an attachment, never over that of another ADD. */
async function remember(ctx: Context, members: readonly Member[]): Promise<void> {
  await mkdir(directory(ctx), { recursive: true });
  try {
    await writeFile(fileOf(ctx), noteOf(ctx, members, []), { flag: "wx", flush: true });
  } catch (cause) {
    if (codeOf(cause) !== "EEXIST") throw cause;
    // A runtime leaves alone what refuses with this code: the attachment lives.
    const msg = `${fileName(ctx)} is attached already`;
    throw new CniError(ErrorCode.INVALID_ENVIRONMENT_VARIABLES, msg, { cause });
  }
}

/** The note with the results, in place of the first one whole or not at all. */
async function complete(
  ctx: Context,
  members: readonly Member[],
  results: Result[],
): Promise<void> {
  await writeFile(`${fileOf(ctx)}~`, noteOf(ctx, members, results), { flush: true });
  await rename(`${fileOf(ctx)}~`, fileOf(ctx));
}

/** What the ADD delegated, whatever the configuration says by now; undefined where it is not known. */
async function remembered(ctx: Context, name: string): Promise<Member[] | undefined> {
  const file = join(directory(ctx), name);
  try {
    const noted = parseJson(await readFile(file, "utf8"));
    if (Array.isArray(noted)) return noted.filter(isObject).flatMap((one) => readMember(ctx, one));
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    if (!(error instanceof CniError)) throw error;
  }
  // An ADD that died while it wrote the note has delegated nothing.
  ctx.log(`${file} is no note, and counts as none`);
  return undefined;
}

function readMember(ctx: Context, { type, ifName, config, result }: JsonObject): Member[] {
  if (typeof type !== "string" || typeof ifName !== "string" || !isObject(config)) return [];
  if (typeof result !== "string") return [{ type, ifName, config }];
  return [{ type, ifName, config, prevResult: parseResult(result, ctx.cniVersion) }];
}

/** The notes there are; a directory that cannot be read must not be taken for an empty one. */
async function names(ctx: Context): Promise<string[]> {
  return await readdir(directory(ctx)).catch((error: unknown) => {
    if (codeOf(error) === "ENOENT") return [];
    throw error;
  });
}

/** Every network that a GC has to reach, by its name. */
type Parts = Map<string, DelegatePart & { readonly config: JsonObject }>;

/** Those of the configuration. */
function configured(ctx: Context): Parts {
  const networks = field(ctx.config, "networks");
  const members = Object.keys(isObject(networks) ? networks : {}).map((name) =>
    memberOf(ctx, name, ctx.ifName),
  );
  return new Map(members.map(({ type, config }) => [nameOf(config), { type, config }]));
}

export const plugin: Plugin = definePlugin({
  name: "networks",
  version: "1.0.0",
  async add(ctx) {
    const members = wanted(ctx);
    // Noted before anything is made: whatever happens from here on, the DEL that follows finds it.
    await remember(ctx, members);
    const made = ctx.delegate.several(members);
    const results = await made.add();
    await complete(ctx, members, results).catch(async (error: unknown) => {
      await made.del();
      throw error;
    });
    return results[0];
  },
  async del(ctx) {
    await ctx.delegate.several((await remembered(ctx, fileName(ctx))) ?? []).del();
    await Promise.all([fileOf(ctx), `${fileOf(ctx)}~`].map((file) => rm(file, { force: true })));
  },
  async check(ctx) {
    const members = await remembered(ctx, fileName(ctx));
    if (members === undefined) {
      throw new CniError(ErrorCode.UNKNOWN_CONTAINER, `${fileOf(ctx)} is missing`);
    }
    await ctx.delegate.several(members).check();
  },
  async gc(ctx) {
    const found = await names(ctx);
    const valid = new Map(ctx.validAttachments?.map((one) => [fileName(one), one]));
    const parts = configured(ctx);
    const kept = new Map<string, ValidAttachment[]>();
    for (const file of new Set([...valid.keys(), ...found])) {
      const members = await remembered(ctx, file);
      const attachment = valid.get(file);
      if (members === undefined && attachment !== undefined) {
        throw new CniError(ErrorCode.IO_FAILURE, `${file} is valid, and its note cannot be read`);
      }
      for (const { type, config, ifName } of members ?? []) {
        const name = nameOf(config);
        // A network that is not configured any more may still have something of a container.
        if (!parts.has(name)) parts.set(name, { type, config });
        if (attachment === undefined) continue;
        const { containerId } = attachment;
        kept.set(name, [...(kept.get(name) ?? []), { containerId, ifName }]);
      }
    }
    const each = [...parts].map(([name, part]) => {
      return { ...part, validAttachments: kept.get(name) ?? [] };
    });
    await ctx.delegate.several(each).gc();
    // Only now: a GC that has failed is made again.
    const stale = found.filter((name) => !valid.has(name));
    await Promise.all(stale.map((name) => rm(join(directory(ctx), name), { force: true })));
  },
  async status(ctx) {
    await ctx.delegate.several([...configured(ctx).values()]).status();
  },
});

await main(plugin, import.meta);

function nameOf(config: JsonObject): string {
  return typeof config["name"] === "string" ? config["name"] : "";
}
