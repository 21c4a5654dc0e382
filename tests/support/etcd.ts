import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type CertificateFiles, TestAuthority } from "./etcd-certificates.ts";
import { must } from "./exec.ts";
import { startable } from "./programs.ts";
import { until } from "./until.ts";

/**
 * Real members of etcd, as Debian packages them, in this process's network namespace or in others that the
 * test made. A test that starts some says `needs("etcd", "etcdctl", "ip")`; with `tls` also "openssl".
 */

const CLIENT_PORT = 2379;
const PEER_PORT = 2380;
const STARTS_WITHIN_MS = 30_000;

/** Where one member runs. */
export interface MemberPlace {
  /** Address of its own; of the loopback as a rule. */
  readonly address: string;
  /** Name of the network namespace, as `ip netns` has it; this process's own when absent. */
  readonly netns?: string;
}

export interface ClusterOptions {
  /** One, or three; or where each member runs. */
  readonly members?: number | readonly MemberPlace[];
  /** Clients have to show a certificate of the authority: a new one, or that of the test. */
  readonly tls?: boolean | { readonly server: CertificateFiles; readonly authority: TestAuthority };
  /** More words for each member. */
  readonly words?: readonly string[];
  /** Tells clusters on one loopback apart: ports are 2379 + this. */
  readonly portOffset?: number;
}

/** How often a member notes on watches that nothing happened: the words, by the release's own name for them. */
export async function progressEach(interval: string): Promise<readonly string[]> {
  const [, minor = "0"] = /Version: 3\.(\d+)/u.exec(await must(["etcd", "--version"])) ?? [];
  const flag = "watch-progress-notify-interval";
  return [`--${Number(minor) < 6 ? `experimental-${flag}` : flag}`, interval];
}

/** One member, which can be stopped and started again with its data. */
export class EtcdMember implements AsyncDisposable {
  readonly name: string;
  /** Where clients ask. */
  readonly url: string;
  readonly data: string;
  readonly #argv: readonly string[];
  #process: Bun.Subprocess<"ignore", "ignore", Bun.BunFile> | undefined;
  readonly #log: string;

  constructor(name: string, url: string, data: string, argv: readonly string[]) {
    this.name = name;
    this.url = url;
    this.data = data;
    this.#argv = argv;
    this.#log = `${data}.log`;
  }

  /** Starts its process, and does not wait until it serves. */
  start(): void {
    this.#process = Bun.spawn(startable(this.#argv), {
      stdin: "ignore",
      stdout: "ignore",
      stderr: Bun.file(this.#log),
    });
  }

  get isRunning(): boolean {
    return (
      this.#process !== undefined &&
      this.#process.exitCode === null &&
      this.#process.signalCode === null
    );
  }

  get pid(): number {
    if (this.#process === undefined) throw new Error(`${this.name} has not been started`);
    return this.#process.pid;
  }

  /** What it wrote since its last start. */
  get log(): string {
    return readFileSync(this.#log, "utf8");
  }

  /** Ends it in order: it says goodbye to its peers. */
  async stop(): Promise<void> {
    await this.#end("SIGTERM");
  }

  async kill(): Promise<void> {
    await this.#end("SIGKILL");
  }

  /** It stands still, with all its connections open. */
  pause(): void {
    this.#process?.kill("SIGSTOP");
  }

  resume(): void {
    this.#process?.kill("SIGCONT");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.kill();
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    if (!this.isRunning) return;
    this.resume();
    this.#process?.kill(signal);
    await this.#process?.exited;
  }
}

/** Elections take a second or two, and more on a machine with other work. */
const ELECTION_TRIES = 100;
const ELECTION_PAUSE_MS = 200;

/** Members of one cluster, and what they need on disk. */
export class EtcdCluster implements AsyncDisposable {
  readonly directory: string;
  readonly members: readonly EtcdMember[];
  /** The authority of the certificates; undefined without TLS. */
  readonly authority: TestAuthority | undefined;
  /** A certificate of the authority for clients. */
  readonly client: CertificateFiles | undefined;
  readonly #flags: readonly string[];
  readonly #netns: string | undefined;

  private constructor(
    directory: string,
    members: readonly EtcdMember[],
    tls: { authority?: TestAuthority; client?: CertificateFiles; flags: readonly string[] },
    netns: string | undefined,
  ) {
    this.directory = directory;
    this.members = members;
    this.authority = tls.authority;
    this.client = tls.client;
    this.#flags = tls.flags;
    this.#netns = netns;
  }

  /** Starts all members and waits until each answers. */
  static async start(options: ClusterOptions = {}): Promise<EtcdCluster> {
    const directory = mkdtempSync(join(tmpdir(), "etcd-"));
    const places = placesOf(options);
    if (places.some(({ netns }) => netns === undefined)) {
      await must(["ip", "link", "set", "dev", "lo", "up"]);
    }
    const tls = await prepareTls(directory, options, places);
    const cluster = new EtcdCluster(
      directory,
      places.map((_place, index) => memberOf(directory, places, index, options, tls.words)),
      tls,
      places[0]?.netns,
    );
    try {
      for (const member of cluster.members) member.start();
      for (const member of cluster.members) await cluster.serving(member);
    } catch (error) {
      await cluster[Symbol.asyncDispose]();
      throw error;
    }
    return cluster;
  }

  /** The URLs of all members, for clients. */
  get endpoints(): string[] {
    return this.members.map(({ url }) => url);
  }

  member(index: number): EtcdMember {
    const member = this.members[index];
    if (member === undefined) throw new Error(`there is no member ${index}`);
    return member;
  }

  /** The member that leads; waits for an election that goes on. */
  async leader(): Promise<EtcdMember> {
    for (let tries = 0; tries < ELECTION_TRIES; tries++) {
      const leader = await this.#leaderNow();
      if (leader !== undefined) return leader;
      await Bun.sleep(ELECTION_PAUSE_MS);
    }
    throw new Error("no member leads");
  }

  async #leaderNow(): Promise<EtcdMember | undefined> {
    const running = this.members.filter(({ isRunning }) => isRunning);
    for (const member of running) {
      const text = await this.ctl(["endpoint", "status", "-w", "json"], [member.url]);
      const [{ Status }] = JSON.parse(text) as [
        { Status: { leader: number; header: { member_id: number } } },
      ];
      if (Status.leader === Status.header.member_id) return member;
    }
    return undefined;
  }

  /** Waits until a member answers a linearizable read. */
  async serving(member: EtcdMember): Promise<void> {
    const told = (): string => `${member.name} serves: ${member.log.slice(-2000)}`;
    const serves = async (): Promise<boolean> => {
      try {
        await this.ctl(["get", "nothing", "--command-timeout=2s"], [member.url]);
        return true;
      } catch (error) {
        if (/permission denied|user name is empty/u.test(String(error))) return true;
        if (!member.isRunning) throw new Error(`it has ended before ${told()}`, { cause: error });
        return false;
      }
    };
    await until(told, serves, STARTS_WITHIN_MS);
  }

  /** Runs etcdctl. */
  async ctl(
    words: readonly string[],
    endpoints: readonly string[] = this.endpoints,
  ): Promise<string> {
    const enter = this.#netns === undefined ? [] : ["ip", "netns", "exec", this.#netns];
    return await must([
      ...[...enter, "etcdctl", "--endpoints", endpoints.join(","), "--dial-timeout=2s"],
      ...[...this.#flags, ...words],
    ]);
  }

  /** Writes a snapshot of what the first member has. */
  async save(path: string): Promise<void> {
    await this.ctl(["snapshot", "save", path], [this.member(0).url]);
  }

  /** Stops the only member and starts it again with a snapshot, as a restore from a backup does. */
  async restore(path: string): Promise<void> {
    const [member, ...others] = this.members;
    if (member === undefined || others.length > 0) throw new Error("restores one member alone");
    await member.kill();
    rmSync(member.data, { recursive: true, force: true });
    await must([
      ...["etcdctl", "snapshot", "restore", path, "--name", member.name, "--data-dir", member.data],
      ...["--initial-cluster", `${member.name}=http://127.0.0.1:${PEER_PORT}`],
      ...["--initial-advertise-peer-urls", `http://127.0.0.1:${PEER_PORT}`],
    ]);
    member.start();
    await this.serving(member);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.members.map(async (member) => await member.kill()));
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Members on the loopback have addresses of their own, so that each can be cut off alone. */
function placesOf({ members = 1 }: ClusterOptions): readonly MemberPlace[] {
  if (typeof members !== "number") return members;
  return Array.from({ length: members }, (_, index) => ({ address: `127.0.0.${index + 1}` }));
}

function memberOf(
  directory: string,
  places: readonly MemberPlace[],
  index: number,
  { tls, words = [], portOffset = 0 }: ClusterOptions,
  tlsWords: readonly string[],
): EtcdMember {
  const scheme = tls === undefined || tls === false ? "http" : "https";
  const port = portOffset + CLIENT_PORT;
  const peers = places.map(
    ({ address }, at) => `m${at}=http://${address}:${portOffset + PEER_PORT}`,
  );
  const { address = "", netns } = places[index] ?? {};
  const url = `${scheme}://${address}:${port}`;
  const peer = `http://${address}:${portOffset + PEER_PORT}`;
  const name = `m${index}`;
  const data = join(directory, name);
  return new EtcdMember(name, url, data, [
    ...(netns === undefined ? [] : ["ip", "netns", "exec", netns]),
    ...["etcd", "--name", name, "--data-dir", data, "--logger", "zap", "--log-level", "warn"],
    ...["--listen-client-urls", url, "--advertise-client-urls", url],
    ...["--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer],
    ...["--initial-cluster", peers.join(","), "--initial-cluster-state", "new"],
    ...[...tlsWords, ...words],
  ]);
}

interface PreparedTls {
  authority?: TestAuthority;
  client?: CertificateFiles;
  /** For etcdctl. */
  flags: readonly string[];
  /** For etcd. */
  words: readonly string[];
}

async function prepareTls(
  directory: string,
  { tls }: ClusterOptions,
  places: readonly MemberPlace[],
): Promise<PreparedTls> {
  if (tls === undefined || tls === false) return { flags: [], words: [] };
  const authority = tls === true ? await TestAuthority.create(directory) : tls.authority;
  const hosts = ["localhost", ...places.map(({ address }) => address)];
  const server = tls === true ? await authority.issue({ name: "server", hosts }) : tls.server;
  const client = await authority.issue({ name: "client" });
  return {
    authority,
    client,
    // The servers' names are what tests are about, and none of etcdctl's business.
    flags: ["--insecure-skip-tls-verify", "--cert", client.cert, "--key", client.key],
    words: [
      ...["--cert-file", server.cert, "--key-file", server.key],
      ...["--trusted-ca-file", authority.ca, "--client-cert-auth"],
    ],
  };
}
