/** The stream of changes on a real node. */
import { afterAll, afterEach, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { TestDaemon } from "../../../tests/support/daemon.ts";
import { must } from "../../../tests/support/exec.ts";
import { formProblems } from "../../../tests/support/forms.ts";
import { type Container, Host } from "../../../tests/support/host.ts";
import { NodeDirectory } from "../../../tests/support/node-directory.ts";
import { patient } from "../../../tests/support/patience.ts";
import { startProgram } from "../../../tests/support/program.ts";
import { startable } from "../../../tests/support/programs.ts";
import { Ui } from "../../../tests/support/ui.ts";
import { until } from "../../../tests/support/until.ts";
import type { ChangeForm, MapForm, NodeForm } from "../../forms/index.ts";

setDefaultTimeout(60_000);

let host: Host;
let node: NodeDirectory;
let ui: Ui;
let web: Container;

beforeAll(async () => {
  host = await Host.create();
  node = new NodeDirectory();
  web = await host.container("web");
  const ipam = { type: "host-local", subnet: "10.6.0.0/24" };
  node.network("one", [{ type: "bridge", bridge: "br1", isGateway: true, ipam }]);
  node.network("inside", [{ type: "loopback" }]);
  ui = await Ui.start({ env: node.env });
});
afterEach(async () => {
  await startProgram("hawser", ["del", "one", "--id", "c1"], { env: node.env });
});
afterAll(async () => {
  await ui.end();
  await host.remove(web).catch(() => undefined);
  await host.tidy();
  rmSync("/var/lib/cni/results", { recursive: true, force: true });
  node.remove();
});

async function hawser(...words: string[]): Promise<void> {
  const { code, stdout, stderr } = await startProgram("hawser", words, { env: node.env });
  expect([words, code, code === 0 ? "" : stdout + stderr]).toEqual([words, 0, ""]);
}

/** A stream, and what has come of it. */
class Reader implements Disposable {
  readonly changes: ChangeForm[] = [];
  text = "";
  readonly #abort = new AbortController();

  static async open(headers: Readonly<Record<string, string>> = {}, query = ""): Promise<Reader> {
    const reader = new Reader();
    const { signal } = reader.#abort;
    const response = await ui.ask(`/api/1/changes${query}`, { headers, signal });
    expect([response.status, response.headers.get("content-type")]).toEqual([
      200,
      "text/event-stream; charset=utf-8",
    ]);
    void reader.#follow(response).catch(() => undefined);
    await reader.until(() => reader.text.includes("\n\n"));
    return reader;
  }

  /** Of the beginning of the stream. */
  get revision(): string {
    return /^id: (.*)$/mu.exec(this.text)?.[1] ?? "";
  }

  get events(): string[] {
    return this.changes.map(({ kind, event, attachment }) =>
      [kind, event, attachment?.containerId].filter((each) => each !== undefined).join(" "),
    );
  }

  async until(isSo: () => boolean): Promise<void> {
    await until(() => `a change in the stream: ${this.text}`, isSo, 20_000);
  }

  [Symbol.dispose](): void {
    this.#abort.abort();
  }

  async #follow({ body }: Response): Promise<void> {
    const decoder = new TextDecoder();
    for await (const piece of (body ?? []) as AsyncIterable<Uint8Array>) {
      this.text += decoder.decode(piece, { stream: true });
      const whole = this.text.split("\n\n").slice(1, -1);
      for (const event of whole.slice(this.changes.length)) {
        const [, data = ""] = /^data: (.*)$/mu.exec(event) ?? [];
        this.changes.push(JSON.parse(data) as ChangeForm);
      }
    }
  }
}

test("the first reader that names a revision is told to look at the host anew, once", async () => {
  const { revision } = await ui.read<NodeForm>("node");
  using first = await Reader.open({}, `?from=${revision}`);
  await first.until(() => first.changes.length > 0);
  using second = await Reader.open({}, `?from=${first.changes[0]?.revision}`);
  await Bun.sleep(300);
  expect([first.revision, first.events, second.events]).toEqual([revision, ["node"], []]);
});

test("what comes, changes and goes is told once, with revisions that grow", async () => {
  using reader = await Reader.open();
  using other = await Reader.open();
  const { revision } = await ui.read<NodeForm>("node");
  expect(reader.revision).toBe(revision);
  await hawser("add", "one", "web", "--id", "c1");
  await reader.until(() => reader.events.includes("attachment attached c1"));
  await must(["ip", "-n", "web", "link", "set", "dev", "eth0", "down"]);
  await reader.until(() => reader.events.includes("attachment changed c1"));
  await hawser("del", "one", "--id", "c1");
  await reader.until(() => reader.events.includes("attachment detached c1"));
  expect(reader.changes.flatMap((change) => formProblems("change", change))).toEqual([]);
  const numbers = reader.changes.map((change) => Number(change.revision.split("-")[1]));
  expect(numbers).toEqual(numbers.toSorted((one, two) => one - two));
  expect(new Set(numbers).size).toBe(numbers.length);
  await other.until(() => other.changes.length >= reader.changes.length);
  expect(other.changes).toEqual(reader.changes);
});

test("a change is told within 200 ms", async () => {
  await hawser("add", "one", "web", "--id", "c1");
  using reader = await Reader.open();
  const times: number[] = [];
  for (const state of ["down", "up", "down", "up", "down"]) {
    await Bun.sleep(300);
    const before = reader.changes.length;
    const at = performance.now();
    await must(["ip", "-n", "web", "link", "set", "dev", "eth0", state]);
    await reader.until(() => reader.changes.length > before);
    times.push(performance.now() - at);
  }
  const [best = 0] = times.toSorted((one, two) => one - two);
  expect(best).toBeLessThan(patient(200));
});

test("a namespace that ends without an event is seen", async () => {
  const sleeper = Bun.spawn(startable(["unshare", "--net", "sleep", "1000"]));
  await Bun.sleep(200);
  await hawser("add", "one", `/proc/${sleeper.pid}/ns/net`, "--id", "c3");
  using reader = await Reader.open();
  sleeper.kill("SIGKILL");
  await reader.until(() => reader.changes.some(({ attachment }) => attachment?.state === "orphan"));
  await hawser("del", "one", "--id", "c3");
});

test("the ends of namespaces that no link of the host and no directory tells of are seen", async () => {
  const sleeper = Bun.spawn(startable(["unshare", "--net", "sleep", "1000"]));
  await must(["ip", "netns", "add", "mounted"]);
  await Bun.sleep(200);
  await hawser("add", "inside", `/proc/${sleeper.pid}/ns/net`, "--id", "c4");
  await hawser("add", "inside", "mounted", "--id", "c5");
  using reader = await Reader.open();
  const isOrphan = (id: string): boolean =>
    reader.changes.some(({ attachment: one }) => one?.containerId === id && one.state === "orphan");
  sleeper.kill("SIGKILL");
  await reader.until(() => isOrphan("c4"));
  await must(["umount", "/run/netns/mounted"]);
  await reader.until(() => isOrphan("c5"));
  // The mounts are heard of by now, and nothing has looked at this one yet.
  await must(["ip", "netns", "add", "later"]);
  await hawser("add", "inside", "later", "--id", "c6");
  await reader.until(() => reader.events.includes("attachment attached c6"));
  await Bun.sleep(200);
  await must(["umount", "/run/netns/later"]);
  await reader.until(() => isOrphan("c6"));
  for (const id of ["c4", "c5", "c6"]) await hawser("del", "inside", "--id", id);
  for (const name of ["mounted", "later"]) rmSync(`/run/netns/${name}`, { force: true });
});

test("what happens to the host beside its links is told, and what nothing shows is not", async () => {
  await hawser("add", "one", "web", "--id", "c1");
  using reader = await Reader.open();
  await Bun.sleep(1000);
  const told = async (...argv: readonly string[]): Promise<void> => {
    const before = reader.changes.length;
    await must([...argv]);
    await reader.until(() => reader.changes.length > before);
    await Bun.sleep(400);
    const more = reader.changes.slice(before).map(({ kind }) => kind);
    expect([argv, ...new Set(more)]).toEqual([argv, "node"]);
  };
  await told("ip", "address", "add", "192.0.2.1/24", "dev", "br1");
  await told("ip", "route", "add", "default", "via", "192.0.2.254");
  expect(JSON.stringify(await ui.read<MapForm>("map"))).toContain("192.0.2.1/24");
  await told("sysctl", "-qw", "net.ipv4.ip_forward=0");
  await told("sysctl", "-qw", "net.ipv4.ip_forward=1");
  const mark = 'comment "hawser 1"';
  await must(["nft", "add table inet hawser_own; add chain inet hawser_own first"]);
  await told("nft", `add rule inet hawser_own first counter ${mark}`);
  await told("nft", "delete table inet hawser_own");
  const before = reader.changes.length;
  await must([
    "nft",
    "add table inet mine; add chain inet mine first; add rule inet mine first accept",
  ]);
  await must(["nft", "add table ip nat; add chain ip nat first; add rule ip nat first accept"]);
  await must(["ip", "route", "add", "203.0.113.0/24", "via", "192.0.2.254"]);
  await Bun.sleep(500);
  expect(reader.changes.length).toBe(before);
  await must(["nft", "delete table inet mine; delete table ip nat"]);
  await must(["ip", "address", "del", "192.0.2.1/24", "dev", "br1"]);
});

test("what happens to the host together with an attachment is told", async () => {
  await hawser("add", "inside", "web", "--id", "c7", "--ifname", "lo");
  using reader = await Reader.open();
  await Bun.sleep(1000);
  await must(["ip", "address", "add", "192.0.2.7/24", "dev", "br1"]);
  // The view is joined, and its change sent, before the host beside its links is looked at.
  const directory = "/var/lib/cni/results";
  const name = readdirSync(directory).find((each) => each.includes("c7")) ?? "";
  renameSync(`${directory}/${name}`, `${directory}/../${name}`);
  await reader.until(() => reader.changes.some(({ kind }) => kind === "attachment"));
  await reader.until(() => reader.changes.some(({ kind }) => kind === "node"));
  renameSync(`${directory}/../${name}`, `${directory}/${name}`);
  await must(["ip", "address", "del", "192.0.2.7/24", "dev", "br1"]);
  await hawser("del", "inside", "--id", "c7", "--ifname", "lo");
});

test("that the host has changed while there was no reader is known", async () => {
  await hawser("add", "one", "web", "--id", "c1");
  await Bun.sleep(1000);
  let revision = "";
  {
    using reader = await Reader.open();
    revision = reader.revision;
  }
  await Bun.sleep(300);
  await must(["ip", "address", "add", "192.0.2.9/24", "dev", "br1"]);
  using late = await Reader.open({ "last-event-id": revision });
  await late.until(() => late.changes.length > 0);
  expect(late.events).toEqual(["reset"]);
});

test("that the node daemon comes, ends or is killed is told, and nothing in between", async () => {
  using reader = await Reader.open();
  await Bun.sleep(300);
  for (const signal of ["SIGTERM", "SIGKILL"] as const) {
    const before = reader.changes.length;
    await using daemon = await TestDaemon.start([], node.env);
    await reader.until(() => reader.changes.length > before);
    expect(await ui.read<NodeForm>("node")).toMatchObject({ daemon: "ready" });
    await Bun.sleep(500);
    const since = reader.changes.length;
    await Bun.sleep(1500);
    expect(reader.changes.length).toBe(since);
    await daemon.end(signal);
    await reader.until(() => reader.changes.length > since);
    await until("the daemon is not there", async () => {
      return (await ui.read<NodeForm>("node")).daemon === "none";
    });
  }
});

test("a reader goes on from its revision, and is told to read anew where that is not known", async () => {
  using first = await Reader.open();
  const before = first.revision;
  await hawser("add", "one", "web", "--id", "c1");
  await first.until(() => first.events.includes("attachment attached c1"));
  await Bun.sleep(300);
  using second = await Reader.open({ "last-event-id": before });
  await second.until(() => second.changes.length >= first.changes.length);
  expect([second.revision, second.changes]).toEqual([before, first.changes]);
  const middle = first.changes[0]?.revision ?? "";
  using third = await Reader.open({}, `?from=${middle}`);
  await third.until(() => third.changes.length >= first.changes.length - 1);
  expect(third.changes).toEqual(first.changes.slice(1));
  for (const unknown of ["nothing-1", "x".repeat(500), "1\n\ndata: forged"]) {
    using lost = await Reader.open({}, `?from=${encodeURIComponent(unknown)}`);
    await lost.until(() => lost.changes.length > 0);
    expect([lost.events, lost.text.includes("forged")]).toEqual([["reset"], false]);
  }
});

test("a reader that comes back after all have gone goes on where nothing has changed", async () => {
  // The kernel ends what the test before has left.
  await Bun.sleep(1000);
  let revision = "";
  {
    using reader = await Reader.open();
    revision = reader.revision;
  }
  await Bun.sleep(300);
  {
    using again = await Reader.open({ "last-event-id": revision });
    await Bun.sleep(300);
    expect([again.revision, again.events]).toEqual([revision, []]);
  }
  await Bun.sleep(300);
  await hawser("add", "one", "web", "--id", "c1");
  using late = await Reader.open({ "last-event-id": revision });
  await late.until(() => late.changes.length > 0);
  expect(late.events).toEqual(["reset"]);
});

test("a reader that takes nothing is told to read anew, and nothing piles up", async () => {
  using quick = await Reader.open();
  const { port } = new URL(ui.origin);
  const slow = await Bun.connect({
    hostname: "127.0.0.1",
    port: Number(port),
    socket: {
      open(own) {
        const head = `Host: 127.0.0.1:${port}\r\nAuthorization: Bearer ${ui.token}`;
        own.write(`GET /api/1/changes HTTP/1.1\r\n${head}\r\n\r\n`);
        own.pause();
      },
      data: () => undefined,
    },
  });
  const memory = memoryOf(ui.pid);
  for (let round = 0; round < 20; round++) {
    const before = quick.changes.length;
    await must(["ip", "link", "set", "dev", "br1", round % 2 === 0 ? "down" : "up"]);
    await quick.until(() => quick.changes.length > before);
  }
  expect(memoryOf(ui.pid) - memory).toBeLessThan(32 * 1024);
  slow.terminate();
});

test("while nothing happens nothing is sent, and it costs no time", async () => {
  await hawser("add", "one", "web", "--id", "c1");
  using reader = await Reader.open();
  await Bun.sleep(1500);
  const [text, ticks] = [reader.text, ticksOf(ui.pid)];
  await Bun.sleep(5000);
  expect(reader.text).toBe(text);
  // Of 500 in five seconds.
  expect(ticksOf(ui.pid) - ticks).toBeLessThanOrEqual(3);
});

test("more readers than are taken are told so", async () => {
  const readers: Reader[] = [];
  for (let count = 0; count < 32; count++) readers.push(await Reader.open());
  const refused = await ui.ask("/api/1/changes");
  expect([refused.status, await refused.json()]).toMatchObject([503, { code: 11 }]);
  for (const reader of readers) reader[Symbol.dispose]();
  await Bun.sleep(300);
  using _ = await Reader.open();
});

/** Processor time of a process, in hundredths of a second. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

/** In KiB. */
function memoryOf(pid: number): number {
  const [, kib] = /^VmRSS:\s+(\d+)/mu.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
  return Number(kib);
}
