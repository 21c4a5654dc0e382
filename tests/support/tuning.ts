import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createNetns, deleteNetns, Netns } from "../../src/kernel/netns/index.ts";
import { link, RouteSocket } from "../../src/kernel/route/index.ts";
import { readSysctl, writeSysctl } from "../../src/kernel/sysctl/index.ts";
import { type Trial, type TrialOutcome, tryPlugin } from "../../src/plugin/index.ts";
import { plugin } from "../../src/plugins/tuning/index.ts";
import { run } from "./exec.ts";
import { forEachTest, type TestLab } from "./host-lab.ts";

type Keys = Readonly<Record<string, unknown>>;

/** What a new `eth0` has, and what tests tune it to. */
export const FIRST_MAC = "02:00:00:00:00:01";
export const MAC = "c2:11:22:33:44:55";
export const ORIGINAL: Keys = {
  ...{ mac: FIRST_MAC, mtu: 1500, promisc: false, allmulti: false, txQLen: 1000 },
};
export const ALL: Keys = { mac: MAC, mtu: 1400, promisc: true, allmulti: true, txQLen: 77 };

/** The backup of all attributes, byte for byte as the reference plugin writes it. */
export const BACKUP = `{
 "mac": "${FIRST_MAC}",
 "promisc": false,
 "mtu": 1500,
 "allmulti": false,
 "txQLen": 1000
}`;

/** Keys as the plugin names them in messages. */
export const SOMAXCONN = "net/core/somaxconn";
export const ARP_NOTIFY = "net/ipv4/conf/eth0/arp_notify";

/** Call it at the top of a test file. */
export function tuningLab(): TuningLab {
  return forEachTest(new TuningLab());
}

/** A container with an interface `eth0`, and calls of tuning on it with state of its own. */
export class TuningLab implements TestLab {
  readonly #dir: string = mkdtempSync(join(tmpdir(), "tuning-"));
  readonly netns: string = join(this.#dir, "container");
  readonly dataDir: string = join(this.#dir, "backups", "deep");
  readonly backup: string = join(this.dataDir, "c1_eth0.json");
  readonly allowlist: string = join(this.#dir, "allowlist.conf");
  readonly #stateDir: string = join(this.#dir, "state");

  begin(): void {
    mkdirSync(this.#dir, { recursive: true });
    createNetns(this.netns);
    this.addLink("eth0");
  }

  /** A veth pair inside of the container. */
  addLink(name: string, address = FIRST_MAC): void {
    this.socket((socket) => {
      link.add(socket, { name, kind: "veth", address, peer: { name: `p-${name}` } });
    });
  }

  socket<T>(work: (socket: RouteSocket) => T): T {
    using netns = Netns.open(this.netns);
    using socket = RouteSocket.open(netns);
    return work(socket);
  }

  link(name = "eth0"): link.Link | undefined {
    return this.socket((socket) => link.get(socket, { name }));
  }

  /** What tuning can change of `eth0`, as the kernel has it. */
  attributes(): Keys {
    const now = this.link();
    if (now === undefined) throw new Error("eth0 is gone");
    const has = (flag: number): boolean => (now.flags & flag) !== 0;
    return {
      mac: now.address,
      mtu: now.mtu,
      promisc: has(link.IFF_PROMISC),
      allmulti: has(link.IFF_ALLMULTI),
      txQLen: now.txqlen,
    };
  }

  read(key: string): string {
    using netns = Netns.open(this.netns);
    return readSysctl(key, netns);
  }

  write(key: string, value: string): void {
    using netns = Netns.open(this.netns);
    writeSysctl(key, value, netns);
  }

  /** The result of an interface plugin: one link of the host, one of the container. */
  get prevResult(): Keys {
    return {
      cniVersion: "1.1.0",
      interfaces: [
        { name: "eth0", mac: "02:00:00:00:00:99" },
        { name: "eth0", mac: FIRST_MAC, sandbox: this.netns },
        { name: "eth1", mac: FIRST_MAC, sandbox: this.netns },
      ],
      ips: [{ address: "10.1.2.3/16", interface: 1 }],
    };
  }

  config(keys: Keys): Keys {
    const { dataDir, prevResult } = this;
    return { cniVersion: "1.1.0", name: "net1", type: "tuning", dataDir, prevResult, ...keys };
  }

  /** Runs our plugin in this process. */
  async call(
    command: Trial["operation"],
    keys: Keys,
    more: Partial<Trial> = {},
  ): Promise<TrialOutcome> {
    const env = {
      HAWSER_TUNING_ALLOWLIST: this.allowlist,
      HAWSER_STATE_DIR: this.#stateDir,
    };
    const config = JSON.stringify(this.config(keys));
    return await tryPlugin(plugin, {
      ...{ operation: command, config, netns: this.netns, containerId: "c1" },
      ...more,
      env: { ...env, ...more.env },
    });
  }

  /** The same call to another implementation's executable. */
  async callProgram(path: string, command: Trial["operation"], keys: Keys): Promise<string> {
    const env = {
      CNI_COMMAND: command,
      CNI_CONTAINERID: "c1",
      CNI_NETNS: this.netns,
      CNI_IFNAME: "eth0",
      CNI_PATH: "/nonexistent",
    };
    const { prevResult, ...config } = { ...this.config(keys), cniVersion: "1.0.0" } as Keys;
    const previous = { ...(prevResult as Keys), cniVersion: "1.0.0" };
    const answer = await run([path], {
      stdin: JSON.stringify({ ...config, prevResult: previous }),
      env,
    });
    if (answer.exitCode !== 0) throw new Error(`${path} ${command}: ${answer.stdout}`);
    return answer.stdout;
  }

  /** Loses every note of our own, that of the namespace among them. */
  loseState(): void {
    rmSync(this.#stateDir, { recursive: true });
  }

  backupText(): string | undefined {
    return existsSync(this.backup) ? readFileSync(this.backup, "utf8") : undefined;
  }

  /** The backup as it would be without our own notes; undefined when there is none. */
  foreignBackup(): string | undefined {
    const text = this.backupText();
    if (text === undefined) return undefined;
    const { hawser: _, ...others } = JSON.parse(text) as Keys;
    return JSON.stringify(others, null, 1);
  }

  /** Our own key of the backup. */
  notes(): Keys {
    return (JSON.parse(this.backupText() ?? "{}") as { hawser?: Keys }).hawser ?? {};
  }

  /** Changes our own key of the backup, as if it were another's. */
  changeNotes(changes: Keys): void {
    const content = JSON.parse(this.backupText() ?? "{}") as Keys;
    const hawser = { ...this.notes(), ...changes };
    writeFileSync(this.backup, JSON.stringify({ ...content, hawser }));
  }

  /** Names of all files that calls have left. */
  files(): string[] {
    return existsSync(this.dataDir) ? readdirSync(this.dataDir) : [];
  }

  dropNetns(): void {
    deleteNetns(this.netns);
  }

  end(): void {
    if (existsSync(this.netns)) deleteNetns(this.netns);
    rmSync(this.#dir, { recursive: true });
  }
}
