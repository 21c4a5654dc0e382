import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CliIo, runHawser } from "../../src/cli/index.ts";
import type { JsonObject } from "../../src/spec/index.ts";
import { PLUGIN_NAMES } from "../../tools/rooms.ts";
import { fakeIo } from "../support/cli-io.ts";
import { must } from "../support/exec.ts";
import { type Container, Host, type Outside } from "../support/host.ts";

export type Keys = Readonly<Record<string, unknown>>;

/** What a command of `hawser` printed. */
export interface Printed {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** A finding, as the answer in JSON has it. */
export interface Found {
  readonly name: string;
  readonly severity: string;
  readonly message: string;
  readonly remedy: string;
}

/** An examination, as the answer in JSON has it. */
export interface Examined {
  readonly code: number;
  readonly healthy: boolean;
  readonly states: Readonly<Record<string, string>>;
  readonly findings: readonly Found[];
}

interface StageJson {
  readonly name: string;
  readonly state: string;
  readonly findings: readonly Found[];
}

/** A node with networks, plugins and a machine beyond it, for all tests of a file. */
export class World {
  readonly host: Host;
  readonly outside: Outside;
  readonly directory: string;
  #count = 0;
  readonly #containers: Container[] = [];

  private constructor(host: Host, outside: Outside, directory: string) {
    this.host = host;
    this.outside = outside;
    this.directory = directory;
  }

  static async create(): Promise<World> {
    const host = await Host.create();
    const outside = await host.outside();
    await must(["ip", "route", "add", "default", "via", outside.address4]);
    await must(["ip", "-6", "route", "add", "default", "via", outside.address6]);
    const directory = mkdtempSync(join(tmpdir(), "doctor-"));
    const world = new World(host, outside, directory);
    mkdirSync(world.plugins);
    mkdirSync(world.networks);
    writeFileSync(world.program, "", { mode: 0o755 });
    for (const type of PLUGIN_NAMES) symlinkSync(world.program, join(world.plugins, type));
    return world;
  }

  get plugins(): string {
    return join(this.directory, "plugins");
  }

  /** Stands for this program: plugins that are links to it run in this process. */
  get program(): string {
    return join(this.directory, "hawser");
  }

  get networks(): string {
    return join(this.directory, "networks");
  }

  /** Writes a network's file, which may be none at all. */
  write(file: string, content: Keys | string): string {
    const path = join(this.networks, file);
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    return path;
  }

  /** A namespace that is removed at the end of the test. */
  async container(name: string = `c${++this.#count}`): Promise<Container> {
    const made = await this.host.container(name);
    this.#containers.push(made);
    return made;
  }

  async hawser(...words: string[]): Promise<Printed> {
    return await this.hawserAs({}, ...words);
  }

  /** The same by another caller. */
  async hawserAs(caller: Partial<CliIo>, ...words: string[]): Promise<Printed> {
    const env = { NETCONFPATH: this.networks, CNI_PATH: this.plugins, PATH: process.env["PATH"] };
    const { io, stdout, stderr } = fakeIo(words, { env, program: this.program, ...caller });
    const code = await runHawser(io);
    return { code, stdout: stdout(), stderr: stderr() };
  }

  /** The same where it has to succeed. */
  async must(...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.hawser(...words);
    if (code !== 0) throw new Error(`hawser ${words.join(" ")}: ${code}\n${stdout}${stderr}`);
    return stdout;
  }

  /** `hawser doctor WORDS --json`. */
  async doctor(...words: string[]): Promise<Examined> {
    const { code, stdout, stderr } = await this.hawser("doctor", ...words, "--json");
    const answer = JSON.parse(stdout || "{}") as {
      healthy?: boolean;
      stages?: StageJson[];
      diagnoses?: { stages: StageJson[] }[];
      error?: JsonObject;
    };
    if (answer.healthy === undefined) throw new Error(`doctor: ${code}\n${stdout}${stderr}`);
    const stages = answer.stages ?? answer.diagnoses?.flatMap((one) => one.stages) ?? [];
    return {
      code,
      healthy: answer.healthy,
      states: Object.fromEntries(stages.map(({ name, state }) => [name, state])),
      findings: stages.flatMap(({ findings }) => findings),
    };
  }

  /** Leaves the node as it was when it was made. */
  async tidy(): Promise<void> {
    for (const container of this.#containers.splice(0)) {
      await this.host.remove(container).catch(() => undefined);
    }
    await this.host.tidy();
    rmSync("/var/lib/cni/results", { recursive: true, force: true });
    rmSync(this.networks, { recursive: true, force: true });
    mkdirSync(this.networks);
  }

  close(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A bridge with host-local, as most nodes have it. */
export function bridgeNetwork(name: string, more: Keys = {}, chained: readonly Keys[] = []): Keys {
  const routes = [{ dst: "0.0.0.0/0" }, { dst: "::/0" }];
  const ranges = [[{ subnet: "10.1.0.0/24" }], [{ subnet: "fd00:10:1::/64" }]];
  const bridge = {
    ...{ type: "bridge", bridge: "br1", isGateway: true, ipMasq: true },
    ipam: { type: "host-local", ranges, routes },
    ...more,
  };
  return { cniVersion: "1.1.0", name, plugins: [bridge, ...chained] };
}
