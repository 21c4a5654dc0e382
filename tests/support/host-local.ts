import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Trial, tryPlugin } from "../../src/plugin/index.ts";
import { plugin } from "../../src/plugins/host-local/index.ts";

/** What a call of host-local gave: the object it printed, if any. */
export interface Answer {
  readonly exitCode: number;
  readonly json: Readonly<Record<string, unknown>> | undefined;
  readonly stderr: string;
}

export type Ipam = Readonly<Record<string, unknown>>;

/** A directory of reservations of its own, with the calls that tests make on it. */
export class Lab implements Disposable {
  readonly dataDir: string = mkdtempSync(join(tmpdir(), "host-local-"));
  readonly network: string = "net1";

  /** The network's directory. */
  get directory(): string {
    return join(this.dataDir, this.network);
  }

  config(ipam: Ipam, more: Readonly<Record<string, unknown>> = {}): string {
    return JSON.stringify({
      cniVersion: "1.1.0",
      name: this.network,
      type: "bridge",
      ipam: { type: "host-local", dataDir: this.dataDir, ...ipam },
      ...more,
    });
  }

  /** Runs our plugin in this process. */
  async call(trial: Trial): Promise<Answer> {
    const { exitCode, json, stderr } = await tryPlugin(plugin, trial);
    return { exitCode, json: json as Answer["json"], stderr };
  }

  async add(containerId: string, ipam: Ipam, more: Partial<Trial> = {}): Promise<Answer> {
    return await this.call({ operation: "ADD", config: this.config(ipam), containerId, ...more });
  }

  async del(containerId: string, ipam: Ipam = {}, more: Partial<Trial> = {}): Promise<Answer> {
    return await this.call({ operation: "DEL", config: this.config(ipam), containerId, ...more });
  }

  async check(containerId: string, ipam: Ipam, more: Partial<Trial> = {}): Promise<Answer> {
    return await this.call({ operation: "CHECK", config: this.config(ipam), containerId, ...more });
  }

  /** File names of reservations, in order. */
  reservations(): string[] {
    return readdirSync(this.directory)
      .filter((name) => name !== "lock" && !name.startsWith("last_reserved_ip."))
      .toSorted();
  }

  read(name: string): string {
    return readFileSync(join(this.directory, name), "utf8");
  }

  [Symbol.dispose](): void {
    rmSync(this.dataDir, { recursive: true, force: true });
  }
}

/** The addresses of a result, without their prefix lengths. */
export function addressesOf(answer: Answer): string[] {
  const ips = (answer.json?.["ips"] ?? []) as { address: string }[];
  return ips.map(({ address }) => address.split("/")[0] ?? "");
}
