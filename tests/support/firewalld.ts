import { mkdirSync, writeFileSync } from "node:fs";
import { must, ownEnvironment, run } from "./exec.ts";
import { requireOwnNamespaces } from "./namespaces.ts";
import { startable } from "./programs.ts";
import { until } from "./until.ts";

const BUS = "/run/hawser-bus";
const ADDRESS = `unix:path=${BUS}/socket`;
const NAME = "org.fedoraproject.FirewallD1";
const PATIENCE_MS = 20_000;

/** A bus of its own with nothing of the machine's: every connection may send everything to every other. */
const CONFIG = `<busconfig>
  <type>system</type>
  <listen>${ADDRESS}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
  </policy>
</busconfig>
`;

/** A firewalld on a system bus of its own, in the namespaces that the test was started in. */
export class Firewalld {
  /** What makes a program find this bus. */
  readonly env: Readonly<Record<string, string>> = { DBUS_SYSTEM_BUS_ADDRESS: ADDRESS };
  readonly #bus: Bun.Subprocess;
  #daemon: Bun.Subprocess | undefined;

  private constructor(bus: Bun.Subprocess) {
    this.#bus = bus;
  }

  /** Starts both; /etc/firewalld and /var/log are covered, for this mount namespace only. */
  static async create(): Promise<Firewalld> {
    requireOwnNamespaces();
    for (const tree of ["/etc/firewalld", "/var/log"]) {
      await must(["mount", "-t", "tmpfs", "hawser-firewalld", tree]);
    }
    mkdirSync(BUS, { recursive: true });
    writeFileSync(`${BUS}/bus.conf`, CONFIG);
    const argv = ["dbus-daemon", `--config-file=${BUS}/bus.conf`, "--nofork", "--nopidfile"];
    const bus = Bun.spawn(startable(argv), { stdout: "ignore", stderr: "ignore" });
    const firewalld = new Firewalld(bus);
    await firewalld.start();
    return firewalld;
  }

  async start(): Promise<void> {
    this.#daemon = Bun.spawn(startable(["firewalld", "--nofork", "--nopid"]), {
      env: { ...ownEnvironment(), ...this.env },
      stdout: "ignore",
      stderr: "ignore",
    });
    await until("firewalld comes up", async () => await this.#isThere(), PATIENCE_MS);
    // It has its name before its rules: its first answer comes when they are there.
    await this.sources("trusted");
  }

  async stop(): Promise<void> {
    this.#daemon?.kill();
    await this.#daemon?.exited;
    this.#daemon = undefined;
  }

  /** Runs, and has no sources any more. */
  async restore(): Promise<void> {
    if (this.#daemon === undefined) await this.start();
    for (const zone of ["trusted", "public"]) {
      for (const source of await this.sources(zone)) await this.#removeSource(zone, source);
    }
  }

  async end(): Promise<void> {
    await this.stop();
    this.#bus.kill();
    await this.#bus.exited;
  }

  /** The sources of a zone. */
  async sources(zone: string): Promise<string[]> {
    const listed = await this.#ask(NAME, "getSources", zone);
    return [...listed.matchAll(/^ *string "(.*)"$/gmu)]
      .map(([, source]) => source ?? "")
      .toSorted();
  }

  /** As `firewall-cmd --reload`: what programs have asked of it since its start is gone. */
  async reload(): Promise<void> {
    const place = ["/org/fedoraproject/FirewallD1", `${NAME}.reload`];
    const argv = ["dbus-send", "--system", "--print-reply", `--dest=${NAME}`, ...place];
    await must(argv, { env: { ...ownEnvironment(), ...this.env } });
  }

  async addSource(zone: string, source: string): Promise<void> {
    await this.#ask(NAME, "addSource", zone, source);
  }

  async #removeSource(zone: string, source: string): Promise<void> {
    await this.#ask(NAME, "removeSource", zone, source);
  }

  /** By dbus-send: firewalld's own client takes half a second to start. */
  async #ask(name: string, member: string, ...words: string[]): Promise<string> {
    const place = ["/org/fedoraproject/FirewallD1", `${name}.zone.${member}`];
    const argv = ["dbus-send", "--system", "--print-reply", `--dest=${name}`, ...place];
    const env = { ...ownEnvironment(), ...this.env };
    return await must([...argv, ...words.map((word) => `string:${word}`)], { env });
  }

  async #isThere(): Promise<boolean> {
    const ask = ["dbus-send", "--system", "--print-reply", "--dest=org.freedesktop.DBus", "/"];
    const question = ["org.freedesktop.DBus.NameHasOwner", `string:${NAME}`];
    const env = { ...ownEnvironment(), ...this.env };
    return (await run([...ask, ...question], { env })).stdout.includes("boolean true");
  }
}
