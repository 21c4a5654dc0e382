import { readdirSync, readFileSync, symlinkSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import type { Clock, HoldingState, Picture } from "../../../src/fleet/index.ts";
import type { Chance } from "../../simulation/chance.ts";
import {
  type ChainAnswer,
  type Conflist,
  type Operation,
  PluginFailed,
  runChain,
} from "../../support/chain.ts";
import { ENTRIES, FULL } from "../../support/daemon.ts";
import { ownEnvironment, type RunAnswer } from "../../support/exec.ts";
import type { FleetNode } from "../../support/fleet-lab.ts";
import { patient } from "../../support/patience.ts";
import { startable } from "../../support/programs.ts";
import type { Container, History, ReservationFile } from "./history.ts";

const DIRECTORY = "/var/lib/hawser/cluster/pods";
const PICTURE = `${DIRECTORY}/picture.json`;
const RESERVATIONS = `${DIRECTORY}/reservations`;
/** The namespace of containers whose plugin enters none. */
const SHARED = "pods";
const CALL_MS = 15_000;
const PAUSE_MS = 10;

/** A network as its containers are attached to it. */
export interface Networks {
  /** The IPAM plugin by itself. */
  readonly alone: Conflist;
  /** A whole attachment. */
  readonly whole: Conflist;
}

export interface RuntimeOptions {
  readonly node: FleetNode;
  readonly networks: Networks;
  readonly history: History;
  readonly clock: Clock;
  readonly chance: Chance;
}

export interface AddOptions {
  /** By the whole network, in a namespace of its own. */
  readonly isWhole?: boolean;
  /** The call is killed while it runs. */
  readonly killAfterMs?: number;
}

interface Attachment {
  readonly container: Container;
  readonly list: Conflist;
  result?: ChainAnswer["result"];
}

/** What calls plugins on one node: it knows each container's attachment, and deletes after each doubt. */
export class Runtime {
  readonly node: FleetNode;
  /** Answers that were no address, by what they said. */
  readonly refusals: Map<string, number> = new Map();
  readonly #options: RuntimeOptions;
  readonly #attachments = new Map<string, Attachment>();
  /** Attachments that have to be deleted until that succeeds. */
  readonly #doubtful = new Set<Attachment>();
  readonly #running = new Set<Bun.Subprocess>();
  #next = 1;
  #busy = 0;
  #isOff = false;

  constructor(options: RuntimeOptions) {
    this.#options = options;
    this.node = options.node;
  }

  get count(): number {
    return this.#attachments.size;
  }

  get hasDoubts(): boolean {
    return this.#doubtful.size > 0;
  }

  /** What each start of the machine has to make. */
  async prepare(): Promise<void> {
    this.wake();
    this.node.configure(this.#options.networks.whole);
    await this.node.container(SHARED);
  }

  /** Attaches a container. @returns whether it got an address */
  async add(options: AddOptions = {}): Promise<boolean> {
    return await this.#during(async () => await this.#add(options));
  }

  async #add({ isWhole = false, killAfterMs }: AddOptions): Promise<boolean> {
    const { history, clock, networks, chance } = this.#options;
    const name = `c${this.#next++}`;
    if (isWhole) await this.node.container(name);
    else symlinkSync(SHARED, this.node.path(`/run/netns/${name}`));
    const container = history.begins(this.node.name, name, clock.now());
    const attachment: Attachment = { container, list: isWhole ? networks.whole : networks.alone };
    // Sometimes there is no daemon for the plugin, as in a chroot of the runtime's.
    const dir = chance.happens(0.1) ? FULL : ENTRIES;
    try {
      const { result } = await this.#call("ADD", attachment, {
        dir,
        timeoutMs: killAfterMs ?? CALL_MS,
      });
      const address = result?.ips?.[0]?.address.replace(/\/\d+$/u, "");
      if (address === undefined) throw new Error(`${name}: an ADD without an address`);
      if (result !== undefined) attachment.result = result;
      const at = clock.now();
      this.#noteConfirmation();
      history.given(container, address, at);
      this.#attachments.set(name, attachment);
      return true;
    } catch (error) {
      if (!(error instanceof PluginFailed)) throw error;
      history.ends(container, clock.now());
      this.#refused(error);
      // An answer that never came says nothing.
      if (error.code === undefined) this.#doubtful.add(attachment);
      else await this.#removeNamespace(attachment);
      return false;
    }
  }

  /** Detaches one of the containers. */
  async del(
    name: string = this.#options.chance.pick([...this.#attachments.keys()]),
  ): Promise<void> {
    const attachment = this.#attachments.get(name);
    if (attachment === undefined) return;
    const { history, clock } = this.#options;
    const files = this.files().filter(({ container }) => container === name);
    if (files.length !== 1) {
      history.breaches.push(`lost: ${name} of ${this.node.name} has ${files.length} files`);
    }
    history.ends(attachment.container, clock.now());
    this.#attachments.delete(name);
    this.#doubtful.add(attachment);
    await this.deleteDoubtful(attachment);
  }

  /** Deletes what is in doubt. */
  async deleteDoubtful(...some: readonly Attachment[]): Promise<void> {
    await this.#during(async () => {
      for (const attachment of some.length > 0 ? some : [...this.#doubtful]) {
        if (!this.isOn) return;
        try {
          await this.#call("DEL", attachment);
          await this.#removeNamespace(attachment);
          this.#doubtful.delete(attachment);
        } catch (error) {
          if (!(error instanceof PluginFailed)) throw error;
          this.#refused(error);
        }
      }
    });
  }

  /** The names of living containers whose address is another node's, by CHECK. */
  async check(): Promise<string[]> {
    const { history, clock } = this.#options;
    const lost: string[] = [];
    for (const [name, attachment] of this.#attachments) {
      const isNamed = await this.#isNamed(attachment);
      history.checked(attachment.container, isNamed, clock.now());
      if (isNamed) lost.push(name);
    }
    return lost;
  }

  address(name: string): string {
    return this.#attachments.get(name)?.container.address ?? "";
  }

  async collect(): Promise<void> {
    const valid = [...this.#attachments.keys()].map((containerID) => ({
      containerID,
      ifname: "eth0",
    }));
    const { networks } = this.#options;
    await this.#run({ operation: "GC", list: networks.whole, validAttachments: valid });
  }

  /** Whether it may ask for something. */
  get isOn(): boolean {
    return !this.#isOff;
  }

  /** It asks for nothing until it wakes. */
  async rest(): Promise<void> {
    this.#isOff = true;
    while (this.#busy > 0) await Bun.sleep(PAUSE_MS);
  }

  wake(): void {
    this.#isOff = false;
  }

  /** The machine's end: nothing that it ran goes on, and all is deleted after its next start. */
  async end(): Promise<void> {
    this.#isOff = true;
    while (this.#busy > 0) {
      this.signal("SIGKILL");
      await Bun.sleep(PAUSE_MS);
    }
    const { history, clock } = this.#options;
    for (const attachment of this.#attachments.values()) {
      history.ends(attachment.container, clock.now());
      this.#doubtful.add(attachment);
    }
    this.#attachments.clear();
  }

  /** Sends a signal to all calls that run. */
  signal(signal: NodeJS.Signals): void {
    for (const child of this.#running) child.kill(signal);
  }

  picture(): Picture | undefined {
    return this.node.json<Picture>(PICTURE);
  }

  /** What its picture says to be in a state. */
  prefixes(wanted: HoldingState): string[] {
    const all = (this.picture()?.subnets ?? []).flatMap(({ holdings }) => holdings);
    return all.flatMap(({ prefix, state }) => (state === wanted ? [prefix] : []));
  }

  files(): ReservationFile[] {
    const directory = this.node.path(RESERVATIONS);
    return readdirSync(directory).flatMap((address) => {
      if (!/^\d+\.\d+\.\d+\.\d+$/u.test(address)) return [];
      const [container = ""] = readFileSync(join(directory, address), "utf8").split(/\r?\n/u);
      return [{ address, container }];
    });
  }

  async #during<T>(work: () => Promise<T>): Promise<T> {
    this.#busy++;
    try {
      return await work();
    } finally {
      this.#busy--;
    }
  }

  #noteConfirmation(): void {
    const confirmed = this.picture()?.confirmed;
    if (confirmed !== undefined) this.#options.history.confirmed(this.node.name, confirmed.atMs);
  }

  async #isNamed(attachment: Attachment): Promise<boolean> {
    try {
      await this.#call("CHECK", attachment);
      return false;
    } catch (error) {
      if (error instanceof PluginFailed && error.code === 100) return true;
      throw error;
    }
  }

  #refused({ code, msg, message }: PluginFailed): void {
    const text = code === undefined ? message.replace(/ \[.*/su, "") : `${code} ${msg}`;
    const kind = text.replaceAll(/\d+\.\d+\.\d+\.\d+\S*|c\d+/gu, "…").slice(0, 160);
    this.refusals.set(kind, (this.refusals.get(kind) ?? 0) + 1);
  }

  async #removeNamespace({ container, list }: Attachment): Promise<void> {
    const { name } = container;
    if (list === this.#options.networks.whole) await this.node.run(["ip", "netns", "delete", name]);
    else {
      try {
        unlinkSync(this.node.path(`/run/netns/${name}`));
      } catch {
        // The machine was started again since: what lay in /run is gone.
      }
    }
  }

  async #call(
    operation: Operation,
    { container, list, result }: Attachment,
    { dir = ENTRIES, timeoutMs = CALL_MS }: { dir?: string; timeoutMs?: number } = {},
  ): Promise<ChainAnswer> {
    const { name } = container;
    const attachment = { containerId: name, netns: `/run/netns/${name}`, ifName: "eth0" };
    const more = result === undefined || operation === "ADD" ? {} : { prevResult: result };
    return await this.#run({ operation, list, attachment, dir, timeoutMs, ...more });
  }

  async #run(
    request: Omit<Parameters<typeof runChain>[0], "dir"> & { readonly dir?: string },
  ): Promise<ChainAnswer> {
    return await runChain({
      ...{ dir: ENTRIES, timeoutMs: CALL_MS, env: ownEnvironment(), ...request },
      call: async (dir, type, config, env, limit = CALL_MS) =>
        await this.#start([...this.node.entering, join(dir, type)], config, { env, limit }),
    });
  }

  /** A program that can be stopped and killed while it runs. */
  async #start(
    argv: readonly string[],
    config: unknown,
    { env, limit }: { readonly env: Readonly<Record<string, string>>; readonly limit: number },
  ): Promise<RunAnswer> {
    const child = Bun.spawn(startable(argv), {
      ...{ env: { ...env }, stdout: "pipe", stderr: "pipe" },
      stdin: new TextEncoder().encode(JSON.stringify(config)),
      timeout: patient(limit),
      killSignal: "SIGKILL",
    });
    this.#running.add(child);
    const [stdout, stderr] = await Promise.all([
      new Response(child.stdout).text(),
      new Response(child.stderr).text(),
      child.exited,
    ]);
    this.#running.delete(child);
    const signal = child.signalCode === null ? null : String(child.signalCode);
    return { argv, exitCode: child.exitCode, signal, stdout, stderr, ms: 0 };
  }
}
