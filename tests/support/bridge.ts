import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  type Executor,
  type PluginCall,
  type PluginEntry,
  ProcessExecutor,
} from "../../src/invoke/index.ts";
import type { Plugin } from "../../src/plugin/index.ts";
import { plugin as bridge } from "../../src/plugins/bridge/index.ts";
import { plugin as hostLocal } from "../../src/plugins/host-local/index.ts";
import type { Operation } from "./chain.ts";
import { must, ownEnvironment } from "./exec.ts";
import type { Container } from "./host.ts";

export type Keys = Readonly<Record<string, unknown>>;

/** What a call printed. */
export interface Answer {
  readonly exitCode: number;
  readonly json: BridgeResult & {
    readonly code?: number;
    readonly msg?: string;
    readonly details?: string;
  };
  readonly stderr: string;
}

/** A result, as far as tests look at it. */
export interface BridgeResult {
  readonly cniVersion?: string;
  readonly interfaces?: readonly { name: string; mac: string; mtu?: number; sandbox?: string }[];
  readonly ips?: readonly { address: string; gateway?: string; interface?: number }[];
  readonly routes?: readonly { dst: string; gw?: string }[];
  readonly dns?: Keys;
}

export interface CallOptions {
  readonly args?: string;
  readonly ifName?: string;
  readonly containerId?: string;
  /** In place of the container's. */
  readonly netns?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  readonly onStep?: (report: { readonly step: string }) => void;
  /** Called with each call of an IPAM plugin, before it runs. */
  readonly onIpam?: (call: PluginCall) => void | Promise<void>;
  /** Serves IPAM in place of host-local. */
  readonly ipam?: PluginEntry;
}

export const SUBNET4 = "10.1.0.0/16";
export const SUBNET6 = "fd00:10:1::/64";

/** A host-local configuration over one or both families, with a default route each. */
export function ipam(...families: (4 | 6)[]): Keys {
  const subnets = { 4: SUBNET4, 6: SUBNET6 } as const;
  const routes = { 4: { dst: "0.0.0.0/0" }, 6: { dst: "::/0" } } as const;
  return {
    type: "host-local",
    ranges: families.map((family) => [{ subnet: subnets[family] }]),
    routes: families.map((family) => routes[family]),
  };
}

/** Calls the bridge plugin in this process; IPAM is host-local in this process too. */
export async function callBridge(
  command: Operation,
  container: Container,
  keys: Keys,
  options: CallOptions = {},
): Promise<Answer> {
  return await callPlugin(bridge, command, container, keys, options);
}

/** The same for any plugin that makes a link. */
export async function callPlugin(
  plugin: Plugin,
  command: Operation,
  container: Container,
  keys: Keys,
  options: CallOptions = {},
): Promise<Answer> {
  const config = { cniVersion: "1.1.0", name: "net1", type: plugin.name, ...keys };
  let stdout = "";
  let stderr = "";
  const exitCode = await plugin.entry({
    env: {
      ...ownEnvironment(),
      CNI_COMMAND: command,
      CNI_CONTAINERID: options.containerId ?? `id-${container.name}`,
      CNI_NETNS: options.netns ?? container.netns,
      CNI_IFNAME: options.ifName ?? "eth0",
      CNI_ARGS: options.args ?? "",
      CNI_PATH: "/nonexistent/cni",
      ...options.env,
    },
    stdin: () => JSON.stringify(config),
    stdout: (text) => (stdout += text),
    stderr: (text) => (stderr += text),
    executor: ipamExecutor(options),
    ...(options.signal === undefined ? {} : { signal: options.signal }),
    ...(options.onStep === undefined ? {} : { onStep: options.onStep }),
  });
  return { exitCode, json: JSON.parse(stdout === "" ? "{}" : stdout) as Answer["json"], stderr };
}

/** ADD that has to succeed. */
export async function attach(
  container: Container,
  keys: Keys,
  options: CallOptions = {},
): Promise<BridgeResult> {
  const answer = await callBridge("ADD", container, keys, options);
  if (answer.exitCode !== 0) throw new Error(`ADD failed: ${JSON.stringify(answer)}`);
  return answer.json;
}

function ipamExecutor(options: CallOptions): Executor {
  const entry = options.ipam ?? hostLocal.entry;
  return {
    find: (type) => {
      if (type === "host-local") return "/nonexistent/cni/host-local";
      return new ProcessExecutor().find(type, ["/nonexistent/cni"]);
    },
    run: async (call) => {
      await options.onIpam?.(call);
      let stdout = "";
      let stderr = "";
      const started = performance.now();
      const exitCode = await entry({
        env: call.env,
        stdin: () => call.stdin,
        stdout: (text) => (stdout += text),
        stderr: (text) => (stderr += text),
      });
      return { stdout, stderr, exitCode, signal: null, ms: performance.now() - started };
    },
  };
}

/** What `ip -j -d` prints about the host, or about a container. */
export async function ipJson(where: Container | undefined, ...words: string[]): Promise<Link[]> {
  const inside = where === undefined ? [] : ["-n", where.name];
  const text = await must(["ip", ...inside, "-j", "-d", ...words]);
  return JSON.parse(text.trim() === "" ? "[]" : text) as Link[];
}

/** The one link of this name. */
export async function linkOf(where: Container | undefined, name: string): Promise<Link> {
  const [link] = await ipJson(where, "link", "show", "dev", name);
  if (link === undefined) throw new Error(`no link ${name}`);
  return link;
}

/** Addresses of a link, without those that the kernel makes by itself. */
export async function addressesOf(
  where: Container | undefined,
  name: string,
): Promise<{ address: string; tentative: boolean }[]> {
  const [link] = await ipJson(where, "address", "show", "dev", name);
  return (link?.addr_info ?? [])
    .filter(({ local }) => !local.startsWith("fe80:"))
    .map(({ local, prefixlen, tentative }) => ({
      address: `${local}/${prefixlen}`,
      tentative: tentative === true,
    }));
}

/** What `ip -j` says of a link, an address or a route, as far as tests look at it. */
export interface Link {
  readonly ifname: string;
  readonly address: string;
  readonly mtu: number;
  readonly master?: string;
  readonly flags: readonly string[];
  readonly operstate: string;
  readonly promiscuity?: number;
  readonly ifalias?: string;
  readonly dst?: string;
  readonly gateway?: string;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_slave_data?: Readonly<Record<string, unknown>>;
  };
  readonly addr_info?: readonly { local: string; prefixlen: number; tentative?: boolean }[];
}

/** Our plugins as executables: programs of a few lines that serve the plugin of their name. */
export class OwnExecutables implements Disposable {
  readonly dir: string = mkdtempSync(join(tmpdir(), "own-plugins-"));

  constructor(...types: string[]) {
    const source = fileURLToPath(new URL("../../src", import.meta.url));
    for (const type of types) {
      const path = join(this.dir, type);
      writeFileSync(
        path,
        `#!${process.execPath}
import { main } from ${JSON.stringify(`${source}/plugin/index.ts`)};
import { plugin } from ${JSON.stringify(`${source}/plugins/${type}/index.ts`)};
await main(plugin);
`,
      );
      chmodSync(path, 0o755);
    }
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true });
  }
}
