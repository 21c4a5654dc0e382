import { afterAll, afterEach, beforeAll, beforeEach, expect } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type ChainResult, runChain } from "../support/chain.ts";
import { EXECUTABLE, entriesMissing, TestDaemon } from "../support/daemon.ts";
import { dbnet, mapTcp } from "../support/dbnet.ts";
import { must, run } from "../support/exec.ts";
import { type Container, Host } from "../support/host.ts";
import { needs, skipBecause } from "../support/needs.ts";
import { otherRelease, otherReleaseMissing } from "../support/other-release.ts";
import { patient } from "../support/patience.ts";
import { leaks } from "../support/shared-objects.ts";
import { diff } from "../support/snapshot.ts";

/** An update of a node on which containers are attached, and the way back. */

const NAMES = ["by-runtime", "by-daemon", "after-update"] as const;
const BEFORE = "0.0.9";
const TIMEOUT_MS = 120_000;
/** What a daemon leaves on purpose: its lock, and what happened. */
const DAEMONS_OWN = /^\+ file: \/run\/hawser\/(?:daemon\.lock|history\.jsonl) /u;

const missing = entriesMissing() ?? otherReleaseMissing();
const built = missing === undefined ? needs("ip", "nft") : skipBecause(missing);

let directory = "";
let before = "";
let host: Host;
let containers: Container[] = [];
let bin = "";
let conf = "";
beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), "update-"));
  if (missing === undefined) before = await otherRelease(directory, BEFORE);
});
afterAll(() => rmSync(directory, { recursive: true }));

beforeEach(async () => {
  host = await Host.create();
  containers = [];
  for (const name of NAMES) containers.push(await host.container(name));
  bin = mkdtempSync(join(directory, "bin-"));
  conf = mkdtempSync(join(directory, "net.d-"));
});
afterEach(async () => {
  for (const container of containers) await host.remove(container);
  await host.tidy();
  rmSync("/var/lib/cni/results", { recursive: true, force: true });
});

async function installed(program: string): Promise<string> {
  return await must([program, "install", "--bin-dir", bin, "--conf-dir", conf]);
}

async function hawser(...words: string[]): Promise<string> {
  const answer = await run([join(bin, "hawser"), ...words]);
  expect([words, answer.exitCode, answer.stderr]).toEqual([words, 0, ""]);
  return answer.stdout;
}

async function onNetwork(operation: string, name: string, ...words: string[]): Promise<string> {
  const places = ["--conf-dir", conf, "--plugin-dir", bin];
  return await hawser(operation, "dbnet", `/run/netns/${name}`, ...places, ...words);
}

/** As any other runtime does: the entry programs are run, which ask the daemon. */
async function byEntries(
  operation: "ADD" | "CHECK" | "DEL",
  name: string,
  prevResult?: ChainResult,
): Promise<ChainResult | undefined> {
  const capabilityArgs = mapTcp(name === "by-daemon" ? 8081 : 8082, 80);
  const netns = `/run/netns/${name}`;
  const attachment = { containerId: name, netns, ifName: "eth0", capabilityArgs };
  const previous = prevResult === undefined ? {} : { prevResult };
  const request = { dir: bin, list: dbnet(), operation, attachment, ...previous };
  return (await runChain(request)).result;
}

/** What a container has, and what leads to it. */
async function pictureOf(names: readonly string[]): Promise<string[]> {
  const inside = names.map((name) =>
    must(["ip", "-n", name, "-o", "address", "show", "dev", "eth0", "scope", "global"]),
  );
  const ruleset = await must(["nft", "list", "ruleset"]);
  return [...(await Promise.all(inside)), ruleset.replaceAll(/ # handle \d+/g, "")];
}

function attachedIn(text: string): unknown[] {
  const { attachments } = JSON.parse(text) as { attachments: { containerId: string }[] };
  return attachments.map(({ containerId }) => containerId).sort();
}

built(
  "an update keeps every attachment, whose CHECK and DEL the new release does; so does the way back",
  async () => {
    writeFileSync(join(conf, "10-dbnet.conflist"), JSON.stringify(dbnet()));
    await installed(before);
    const older = readFileSync(join(bin, "hawser"));
    const clean = await host.snapshot(containers);
    await onNetwork("add", "by-runtime", "--port", "8080:80");
    await using first = await TestDaemon.start([], {}, [join(bin, "hawser")]);
    const made = await byEntries("ADD", "by-daemon");
    await first.served(3);
    const old = ["by-runtime", "by-daemon"];
    const picture = await pictureOf(old);
    const known = attachedIn(await must([EXECUTABLE, "ls", "--json"]));
    expect(known).toHaveLength(2);

    await installed(EXECUTABLE);
    expect(readFileSync(join(bin, "hawser")).equals(older)).toBe(false);
    // New entry programs, old daemon: as between `install` and the restart of the unit.
    await byEntries("CHECK", "by-daemon", made);
    await using second = await TestDaemon.start(["--replace"], {}, [join(bin, "hawser")]);
    expect(await first.process.exited).toBe(0);
    expect(await pictureOf(old)).toEqual(picture);
    expect(attachedIn(await must([EXECUTABLE, "ls", "--json"]))).toEqual(known);
    await onNetwork("check", "by-runtime");
    await byEntries("CHECK", "by-daemon", made);
    await hawser("install", "--verify", "--bin-dir", bin);
    await onNetwork("del", "by-runtime");
    const madeLater = await byEntries("ADD", "after-update");
    await second.served(6);

    const now = ["by-daemon", "after-update"];
    const newer = await pictureOf(now);
    await installed(before);
    expect(readFileSync(join(bin, "hawser")).equals(older)).toBe(true);
    await using third = await TestDaemon.start(["--replace"], {}, [join(bin, "hawser")]);
    expect(await second.process.exited).toBe(0);
    expect(await pictureOf(now)).toEqual(newer);
    await byEntries("CHECK", "by-daemon", made);
    await byEntries("CHECK", "after-update", madeLater);
    await byEntries("DEL", "by-daemon", made);
    await byEntries("DEL", "after-update", madeLater);
    await third.served(12);
    expect(await third.end()).toBe(0);
    const left = leaks(diff(clean, await host.snapshot(containers)));
    expect(left.filter((line) => !DAEMONS_OWN.test(line))).toEqual([]);
  },
  patient(TIMEOUT_MS),
);

built(
  "an older release that cannot read what a newer one keeps is refused while containers are attached",
  async () => {
    writeFileSync(join(conf, "10-dbnet.conflist"), JSON.stringify(dbnet()));
    await installed(EXECUTABLE);
    await onNetwork("add", "by-daemon");
    const path = join(bin, ".hawser-installed.json");
    const manifest = JSON.parse(readFileSync(path, "utf8")) as { state: number };
    writeFileSync(
      path,
      JSON.stringify({ ...manifest, hawser: "9.0.0", state: manifest.state + 1 }),
    );
    const files = ["bridge", "hawser"].map((name) => readFileSync(join(bin, name)));
    const refused = await run([EXECUTABLE, "install", "--bin-dir", bin, "--conf-dir", conf]);
    expect(refused.exitCode).toBe(4);
    expect(refused.stderr).toContain("nothing was done: Hawser 9.0.0 is installed");
    expect(refused.stderr).toContain("remove the containers that it has attached first: ");
    expect(["bridge", "hawser"].map((name) => readFileSync(join(bin, name)))).toEqual(files);
    await onNetwork("del", "by-daemon");
    await installed(EXECUTABLE);
    await hawser("install", "--verify", "--bin-dir", bin);
  },
  patient(TIMEOUT_MS),
);
