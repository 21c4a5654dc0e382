import { mkdirSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { AF_UNIX, bind, SOCK_STREAM, socket, unixAddress } from "../../src/kernel/sys/index.ts";
import { replaceSysctls } from "../../src/kernel/sysctl/index.ts";
import { must, run } from "../support/exec.ts";
import type { Feature } from "../support/features.ts";
import type { Container } from "../support/host.ts";
import { listenOn } from "./listener.ts";
import { bridgeNetwork, type Found, type Keys, type World } from "./world.ts";

/** A node on which one thing is broken. */
export interface Case {
  /** What doctor must call it. */
  readonly finding: string;
  readonly breaks: (at: BrokenNode) => void | Promise<void>;
  /** What it has to say beside the names of this node. */
  readonly says?: RegExp;
  /** What the command that mends it has to say. */
  readonly remedy: RegExp;
  readonly network?: Keys;
  readonly needs?: readonly Feature[];
  /** After `doctor`: the container when absent, the node as a whole where there are none. */
  readonly words?: readonly string[];
  /** False where the commands only look closer, since a person has to decide. */
  readonly mends?: false;
  /** Whether a port is published. */
  readonly port?: false;
}

export type Cases = Readonly<Record<string, Case>>;

export const PORTMAP: Keys = { type: "portmap", capabilities: { portMappings: true } };
export const OWN: Keys = bridgeNetwork("net1", {}, [PORTMAP]);
/** As the Go plugins lay out their rules. */
export const GO: Keys = bridgeNetwork("net1", { ipMasqBackend: "iptables" }, [
  { ...PORTMAP, backend: "iptables" },
  { type: "firewall", backend: "iptables" },
]);

/** An ADD is not under way for as long as that. */
const LONG_AGO_MS = 3_600_000;

/** What a case breaks: a node with container `web` in network `net1`. */
export class BrokenNode {
  readonly world: World;
  readonly stack: DisposableStack = new DisposableStack();
  one: Container = { name: "", netns: "" };
  /** The host's end of the container's interface. */
  veth = "";

  constructor(world: World) {
    this.world = world;
  }

  /** Attaches the container, with port 8080 of the host before a server in it. */
  async attach(network: Keys, hasPort: boolean): Promise<void> {
    this.world.write("10-net.conflist", network);
    this.one = await this.world.container();
    const port = hasPort ? ["-p", "8080:80"] : [];
    await this.world.must("add", "net1", this.one.name, "--id", "web", ...port);
    if (hasPort) this.stack.use(listenOn(80, this.one));
    [this.veth = ""] = await this.ports();
  }

  /** The ports of the bridge. */
  async ports(): Promise<string[]> {
    const text = await must(["ip", "-o", "link", "show", "master", "br1"]);
    return [...text.matchAll(/\d+: (veth\w+)@/g)].map(([, name = ""]) => name);
  }

  async sh(command: string): Promise<void> {
    await must(["sh", "-c", command]);
  }

  /** Runs a command in the container. */
  async within(command: string): Promise<void> {
    await must(["ip", "netns", "exec", this.one.name, ...command.split(" ")]);
  }

  async nft(text: string): Promise<void> {
    await must(["nft", "-f", "-"], { stdin: text });
  }

  /** Rules inside the container. */
  async nftWithin(text: string): Promise<void> {
    await must(["ip", "netns", "exec", this.one.name, "nft", "-f", "-"], { stdin: text });
  }

  /** When the test ends. */
  finally(...command: string[]): void {
    this.stack.defer(() => void Bun.spawnSync(command));
  }

  /** The container's IPv4 address. */
  async address(): Promise<string> {
    const text = await must(["ip", "-n", this.one.name, "-o", "-4", "address", "show", "eth0"]);
    return text.match(/inet ([\d.]+)/)?.[1] ?? "";
  }

  /** A link of the host, with an address. */
  async otherLink(address: string): Promise<void> {
    await this.sh("ip link add other0 type veth peer name other1");
    this.finally("ip", "link", "delete", "other0");
    await this.sh("ip link set other0 up && ip link set other1 up");
    await this.sh(`ip address add ${address} dev other0`);
  }

  /** Answers for sysctls that belong to the whole machine. */
  claimSysctls(values: Readonly<Record<string, string>>): void {
    const read = (path: string): string => {
      return values[path.replace(/^\/proc\/sys\//, "")] ?? readFileSync(path, "utf8").trim();
    };
    this.stack.use(replaceSysctls({ read, write: (path, value) => writeFileSync(path, value) }));
  }

  /** Runs the commands of all findings, up to four times: one fault may hide another. */
  async mend(words: readonly string[], findings: readonly Found[]): Promise<readonly Found[]> {
    let left = findings;
    for (let round = 0; round < 4 && left.length > 0; round++) {
      for (const command of new Set(left.map(({ remedy }) => remedy))) {
        const [program, ...rest] = command.split(" ");
        if (program === "hawser") await this.world.hawser(...rest);
        else await run(["sh", "-c", command]);
      }
      left = (await this.world.doctor(...words)).findings;
    }
    return left;
  }
}

export function setSysctl(key: string, value: string): void {
  writeFileSync(`/proc/sys/${key}`, value);
}

/** Loses what plugins of ours have noted, and the Go plugins do not. */
export function forgetNotes(): void {
  rmSync("/run/hawser", { recursive: true, force: true });
  mkdirSync("/run/hawser", { mode: 0o700 });
}

/** The runtime's file about the only attachment. */
export function cacheFile(): string {
  const [name = ""] = readdirSync("/var/lib/cni/results");
  return `/var/lib/cni/results/${name}`;
}

export function changeCache(change: (json: Record<string, unknown>) => void): void {
  const json = JSON.parse(readFileSync(cacheFile(), "utf8")) as Record<string, unknown>;
  change(json);
  writeFileSync(cacheFile(), JSON.stringify(json));
}

/** A reservation that is old enough to be no ADD that is under way. */
export function reserve(address: string, containerId: string): void {
  const path = `/var/lib/cni/networks/net1/${address}`;
  writeFileSync(path, `${containerId}\r\neth0`);
  const before = new Date(Date.now() - LONG_AGO_MS);
  utimesSync(path, before, before);
}

/** A socket whose process has ended without removing it. */
export function staleSocket(path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  using made = socket(AF_UNIX, SOCK_STREAM, 0);
  bind(made, unixAddress(path));
}
