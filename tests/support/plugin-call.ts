import {
  type Executor,
  type PluginCall,
  type PluginEntry,
  ProcessExecutor,
} from "../../src/invoke/index.ts";
import type { Plugin } from "../../src/plugin/index.ts";
import { plugin as hostLocal } from "../../src/plugins/host-local/index.ts";
import { traitsOf } from "../../src/plugins/registry/index.ts";
import type { Operation } from "./chain.ts";
import { ownEnvironment } from "./exec.ts";
import type { Container } from "./host.ts";
import { requireStarted } from "./programs.ts";

export type Keys = Readonly<Record<string, unknown>>;

/** What a call printed. */
export interface Answer {
  readonly exitCode: number;
  readonly json: AddResult & {
    readonly code?: number;
    readonly msg?: string;
    readonly details?: string;
  };
  readonly stderr: string;
}

/** A result, as far as tests look at it. */
export interface AddResult {
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

/** Calls a plugin in this process; an IPAM plugin is host-local in this process too. */
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
  if (exitCode !== 0) requireStarted(stdout);
  return { exitCode, json: JSON.parse(stdout === "" ? "{}" : stdout) as Answer["json"], stderr };
}

function ipamExecutor(options: CallOptions): Executor {
  const entry = options.ipam ?? hostLocal.entry;
  return {
    traits: traitsOf,
    find: (type) => {
      const isPlayed = options.ipam !== undefined && type === "cluster";
      if (type === "host-local" || isPlayed) return `/nonexistent/cni/${type}`;
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
