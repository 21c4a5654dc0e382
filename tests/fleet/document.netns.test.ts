/** What docs/cluster.md shows is typed on a throwaway fleet, with other addresses and directories. */
import { afterAll, beforeAll, expect, setDefaultTimeout } from "bun:test";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseJsonWithComments } from "../../src/spec/index.ts";
import { type Block, isAsShown, readBlocks, readSession } from "../../tools/docs.ts";
import { ROOT } from "../../tools/test/files.ts";
import type { Conflist } from "../support/chain.ts";
import { EXECUTABLE } from "../support/daemon.ts";
import { ownEnvironment } from "../support/exec.ts";
import { FleetLab, type FleetNode, until } from "../support/fleet-lab.ts";
import { needs } from "../support/needs.ts";

setDefaultTimeout(180_000);

const DOCUMENT = readFileSync(join(ROOT, "docs/cluster.md"), "utf8");
const BLOCKS = readBlocks(DOCUMENT);
const MACHINES = ["192.0.2.11", "192.0.2.12", "192.0.2.13"];

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "document-"));
  mkdirSync(join(directory, "bin"));
  symlinkSync(EXECUTABLE, join(directory, "bin/hawser"));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** The commands of a block; those of a session with its outputs left out. */
function commandsOf(block: Block): string {
  if (block.language !== "console") return block.text;
  return readSession(block)
    .map(({ command }) => `${command}\n`)
    .join("");
}

/** The block whose commands begin with these words. */
function shown(beginning: string): Block {
  const found = BLOCKS.filter((block) => commandsOf(block).startsWith(beginning));
  const [block] = found;
  expect([beginning, found.length]).toEqual([beginning, 1]);
  if (block === undefined) throw new Error(`docs/cluster.md does not show ${beginning}`);
  return block;
}

/** A text of the document, for this fleet. */
function here(text: string, nodes: readonly FleetNode[]): string {
  const addressed = MACHINES.reduce((known, machine, at) => {
    return known.replaceAll(machine, nodes[at]?.address4 ?? "");
  }, text);
  return addressed.replaceAll("/etc/hawser", directory);
}

/** Types commands on a node, in the directory of the test. */
async function type(node: FleetNode, nodes: readonly FleetNode[], text: string): Promise<string> {
  const { PATH = "", ...env } = ownEnvironment();
  const script = `set -e\ncd ${directory}\n${here(text, nodes)}`;
  return await node.must(["sh", "-c", script], {
    env: {
      ...{ ...env, PATH: `${join(directory, "bin")}:${PATH}`, ETCDCTL_API: "3" },
      ETCDCTL_ENDPOINTS: `https://${nodes[0]?.address4}:2379`,
      ETCDCTL_CACERT: join(directory, "ca.pem"),
      ETCDCTL_CERT: join(directory, "node.pem"),
      ETCDCTL_KEY: join(directory, "node.key"),
    },
  });
}

/** etcd as its unit starts it, with what /etc/default/etcd says. */
function startEtcd(node: FleetNode, nodes: readonly FleetNode[], data: string): Bun.Subprocess {
  const at = nodes.indexOf(node);
  const lines = readFileSync(join(ROOT, "examples/cluster/etcd.env"), "utf8").trim().split("\n");
  const settings = lines.map((line) => {
    const [, name = "", value = ""] = /^(\w+)="(.*)"$/.exec(line) ?? [];
    const isOwn = name !== "ETCD_INITIAL_CLUSTER";
    const own = isOwn ? value.replace("192.0.2.11", MACHINES[at] ?? "") : value;
    return [name, here(name === "ETCD_NAME" ? `node-${at + 1}` : own, nodes)];
  });
  return Bun.spawn([...node.entering, "etcd"], {
    env: { PATH: process.env["PATH"] ?? "", ...Object.fromEntries(settings), ETCD_DATA_DIR: data },
    stdio: ["ignore", "ignore", Bun.file(`${data}.log`)],
  });
}

/** Commands of the document that other tests run, or that are no more than a place in the text. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "hawser install --systemd --conflist ./pods.conflist": "src/cli/install.netns.test.ts",
};

needs(
  "root",
  "ip",
  "etcd",
  "etcdctl",
  "openssl",
)("three machines in ten minutes, a user of etcd, a backup that is put back", async () => {
  await using lab = await FleetLab.create();
  const nodes = await lab.start(3);
  const [one] = nodes as [FleetNode];
  const typed = new Set<Block>();
  const run = async (beginning: string): Promise<string> => {
    const block = shown(beginning);
    typed.add(block);
    const printed = await type(one, nodes, commandsOf(block));
    for (const { output } of block.language === "console" ? readSession(block) : []) {
      expect([output, printed, isAsShown(output, printed)]).toEqual([output, printed, true]);
    }
    return printed;
  };
  for (const { source, text } of BLOCKS) {
    if (source === undefined) continue;
    expect([source, text]).toEqual([source, readFileSync(join(ROOT, source), "utf8")]);
  }
  await run("openssl req");
  const members = nodes.map((node) => startEtcd(node, nodes, join(directory, node.name)));
  try {
    await until("etcd serves", async () => await answers(one, nodes), 60_000);
    const file = join(directory, "pods.conflist");
    copyFileSync(join(ROOT, "examples/cluster/pods.conflist"), file);
    writeFileSync(file, here(readFileSync(file, "utf8"), nodes));
    const list = parseJsonWithComments(readFileSync(file, "utf8")) as unknown as Conflist;
    expect(await run("hawser cluster init ./pods")).toContain("1450 bytes");
    for (const node of nodes) {
      node.configure(list);
      await node.startDaemon();
      expect(await node.attach(list, "c1")).toHaveLength(1);
    }
    expect(await run("hawser cluster status")).toContain("nodes      3 alive");
    await run("etcdctl role add");
    await run("etcdctl snapshot save");
    expect(existsSync(join(directory, "restored"))).toBe(true);
    // What is taken after the backup is what the backup does not know.
    for (const member of members) member.kill("SIGKILL");
    await Promise.all(members.map(async (member) => await member.exited));
    members.push(startEtcd(one, nodes, join(directory, "restored")));
    await until("etcd serves again", async () => await answers(one, nodes), 60_000);
    const status = async (): Promise<string> => await type(one, nodes, "hawser cluster status");
    await until("the fleet is halted", async () => (await status()).includes("halted"), 90_000);
    await until(
      "all nodes have asserted what they hold",
      async () => (await status()).includes("every node has asserted what it holds"),
      90_000,
    );
    expect(await run("hawser cluster init pods")).toContain("goes on");
    expect(await one.attach(list, "c2")).toHaveLength(1);
    const all = BLOCKS.filter(({ language }) => ["sh", "console"].includes(language));
    const left = all.filter((block) => !typed.has(block)).map(commandsOf);
    expect(left.map((text) => text.trim())).toEqual(Object.keys(ELSEWHERE));
    for (const [command, path] of Object.entries(ELSEWHERE)) {
      expect([command, readFileSync(join(ROOT, path), "utf8")]).toEqual([
        command,
        expect.stringContaining('"install", ...places, "--systemd"'),
      ]);
    }
  } finally {
    for (const member of members) member.kill("SIGKILL");
  }
});

async function answers(node: FleetNode, nodes: readonly FleetNode[]): Promise<boolean> {
  try {
    await type(node, nodes, "etcdctl get nothing --command-timeout=1s");
    return true;
  } catch {
    return false;
  }
}
