/**
 * A chained plugin: keeps one hosts file per attachment in a directory that a name server reads
 * (`dnsmasq --hostsdir=/run/cni-hosts/<network>`), so that containers find each other by name.
 * The names are the container ID and the aliases that the runtime supplies:
 *
 *     {"type": "hostsdir", "directory": "/run/cni-hosts", "capabilities": {"aliases": true}}
 */
import {
  access,
  constants,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  writeFile,
} from "node:fs/promises";
import { join } from "node:path";
import {
  CniError,
  type Context,
  decode,
  definePlugin,
  ErrorCode,
  main,
  type Plugin,
  requirePrevResult,
  runtimeConfig,
} from "hawser/plugin";
import * as v from "valibot";

const Config = v.object({ directory: v.optional(v.string(), "/run/cni-hosts") });
const HostName = v.pipe(v.string(), v.regex(/^[a-z0-9.-]+$/iu, "expected a host name"));
const Capabilities = v.object({ aliases: v.optional(v.array(HostName), []) });

/** Where the attachments of this network are. Names of networks and containers are safe in paths. */
function directory(ctx: Context): string {
  return join(decode(Config, ctx.config).directory, ctx.network);
}

/** No container ID has an "@", so no two attachments share a file. */
const fileName = (containerId: string, ifName: string): string => `${containerId}@${ifName}`;

/** What the file must say: one line for each address. */
function content(ctx: Context): string {
  const { aliases } = decode(Capabilities, runtimeConfig(ctx), "runtimeConfig");
  const names = [ctx.containerId, ...aliases].join(" ");
  const { ips } = requirePrevResult(ctx);
  return ips.map(({ address }) => `${address.replace(/\/.*/u, "")} ${names}\n`).join("");
}

/** What is not there reads as this; what cannot be read is an error. */
function onlyMissing<T>(absent: T): (error: unknown) => T {
  return (error) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return absent;
    throw error;
  };
}

export const plugin: Plugin = definePlugin({
  name: "hostsdir",
  version: "1.0.0",
  async add(ctx) {
    const text = content(ctx);
    const file = join(directory(ctx), fileName(ctx.containerId, ctx.ifName));
    await mkdir(directory(ctx), { recursive: true });
    // Written aside and renamed, so that no reader sees half a file; name servers skip "…~".
    await writeFile(`${file}~`, text);
    await rename(`${file}~`, file);
    // Nothing is returned: the result of the plugins before this one is passed on.
  },
  async check(ctx) {
    const file = join(directory(ctx), fileName(ctx.containerId, ctx.ifName));
    const found = await readFile(file, "utf8").catch(onlyMissing(undefined));
    if (found === content(ctx)) return;
    const what = found === undefined ? "is missing" : "does not say what it should";
    throw new CniError(ErrorCode.UNKNOWN_CONTAINER, `the hosts file ${file} ${what}`);
  },
  async del(ctx) {
    // What is gone already is no error, and neither is a missing prevResult: DEL may come twice.
    const file = join(directory(ctx), fileName(ctx.containerId, ctx.ifName));
    await Promise.all([file, `${file}~`].map((path) => rm(path, { force: true })));
  },
  async gc(ctx) {
    const valid = (ctx.validAttachments ?? []).map((a) => fileName(a.containerId, a.ifName));
    // A directory that cannot be read is not an empty one: a GC that has seen nothing fails.
    const found = await readdir(directory(ctx)).catch(onlyMissing([]));
    const stale = found.filter((name) => !valid.includes(name));
    await Promise.all(stale.map((name) => rm(join(directory(ctx), name), { force: true })));
  },
  async status(ctx) {
    try {
      await mkdir(directory(ctx), { recursive: true });
      await access(directory(ctx), constants.W_OK);
    } catch (cause) {
      const details = cause instanceof Error ? cause.message : String(cause);
      throw new CniError(ErrorCode.PLUGIN_NOT_AVAILABLE, "cannot write hosts files", { details });
    }
  },
});

await main(plugin, import.meta);
