import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type RunAnswer, run } from "../support/exec.ts";
import { goBuild, programOf } from "../support/go-install.ts";

/**
 * The libraries that container runtimes are built on: containerd, Nomad and nerdctl on
 * go-cni, CRI-O and multus on libcni. A small program (`libraries/`) calls them as those runtimes do.
 */

const SOURCES = fileURLToPath(new URL("libraries", import.meta.url));

/** What is missing when the program is not there; undefined when it is. */
export function librariesMissing(): string | undefined {
  return existsSync(programOf(SOURCES))
    ? undefined
    : "the clients' Go libraries (Go and the module proxy, tests/peers/build-peers.ts)";
}

/** Builds the program; returns the reason when that is not possible here. */
export async function buildLibraries(): Promise<string | undefined> {
  return await goBuild(SOURCES);
}

export type Client = "containerd" | "nomad" | "nerdctl" | "crio" | "multus" | "versions";

/** What a call is about; each client uses a part of it. */
export interface ClientRequest {
  readonly pluginDir: string;
  readonly confDir?: string;
  readonly cacheDir?: string;
  /** The network, where the client makes it itself. */
  readonly list?: unknown;
  readonly id?: string;
  readonly netns?: string;
  /** The containers that GC leaves alone. */
  readonly valid?: readonly string[];
  /** The networks of a pod, where it has several. */
  readonly networks?: readonly {
    readonly list: unknown;
    readonly ifName: string;
    readonly capabilities?: Readonly<Record<string, unknown>>;
  }[];
  /** CNI_ARGS. */
  readonly args?: Readonly<Record<string, string>>;
  /** The addresses of the capability `ips`. */
  readonly ips?: readonly string[];
  readonly ports?: readonly {
    readonly HostPort: number;
    readonly ContainerPort: number;
    readonly Protocol: string;
  }[];
}

/** What a runtime takes out of a result, by interface. */
export interface Attached {
  readonly addresses: Readonly<Record<string, readonly string[]>>;
  readonly gateways: Readonly<Record<string, readonly string[]>>;
  readonly macs: Readonly<Record<string, string>>;
  readonly sandboxes: Readonly<Record<string, string>>;
}

/** Runs one operation of a client; a failure is an answer. */
export async function askClient(
  client: Client,
  operation: string,
  request: ClientRequest,
): Promise<RunAnswer> {
  return await run([programOf(SOURCES), client, operation, JSON.stringify(request)]);
}

/** The same for one that has to succeed; gives what it printed. */
export async function mustClient(
  client: Client,
  operation: string,
  request: ClientRequest,
): Promise<unknown> {
  const { exitCode, stdout, stderr, argv } = await askClient(client, operation, request);
  if (exitCode !== 0) throw new Error(`${argv.slice(1).join(" ")}: ${stderr}`);
  return stdout === "" ? undefined : JSON.parse(stdout);
}
