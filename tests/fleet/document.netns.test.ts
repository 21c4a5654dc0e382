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
import { type Block, isAsShown, readSession } from "../../tools/docs.ts";
import { ROOT } from "../../tools/test/files.ts";
import type { Conflist } from "../support/chain.ts";
import { EXECUTABLE, FULL } from "../support/daemon.ts";
import { ownEnvironment } from "../support/exec.ts";
import { FleetLab, type FleetNode } from "../support/fleet-lab.ts";
import { needs, skipBecause } from "../support/needs.ts";
import { until } from "../support/until.ts";
import { BLOCKS, commandsOf, shown } from "./typing.ts";

setDefaultTimeout(180_000);

const MACHINES = ["192.0.2.11", "192.0.2.12", "192.0.2.13"];

let directory = "";
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), "document-"));
  mkdirSync(join(directory, "bin"));
  symlinkSync(EXECUTABLE, join(directory, "bin/hawser"));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** In place of /etc/hawser: /etc is the machine's own. */
const KEYS = "/run/hawser-keys";

/** A text of the document, for this fleet. */
function here(text: string, nodes: readonly FleetNode[]): string {
  const addressed = MACHINES.reduce((known, machine, at) => {
    return known.replaceAll(machine, nodes[at]?.address4 ?? "");
  }, text);
  // systemd starts etcd and the daemon: the test does.
  return addressed.replaceAll(/^systemctl .*\n/gmu, "").replaceAll("/etc/hawser", KEYS);
}

/** Types commands on a node, in the directory of the test. */
async function type(node: FleetNode, nodes: readonly FleetNode[], text: string): Promise<string> {
  const { PATH = "", ...env } = ownEnvironment();
  const script = `set -e\ncd ${directory}\n${here(text, nodes)}`;
  return await node.must(["sh", "-c", script], {
    env: {
      ...{ ...env, PATH: `${join(directory, "bin")}:${PATH}`, ETCDCTL_API: "3" },
      ETCDCTL_ENDPOINTS: `https://${nodes[0]?.address4}:2379`,
      ...{ ETCDCTL_CACERT: `${KEYS}/ca.pem`, ETCDCTL_CERT: `${KEYS}/node.pem` },
      ...{ ETCDCTL_KEY: `${KEYS}/node.key`, CNI_PATH: FULL },
    },
  });
}

/** Where Debian's etcd has its data. */
const DATA = "/var/lib/etcd/default";

/** etcd as its unit starts it, with what /etc/default/etcd says. */
function startEtcd(node: FleetNode, nodes: readonly FleetNode[], data: string): Bun.Subprocess {
  const at = nodes.indexOf(node);
  const lines = readFileSync(join(ROOT, "examples/cluster/etcd.env"), "utf8").trim().split("\n");
  const settings = lines.map((line): [string, string] => {
    const [, name = "", value = ""] = /^(\w+)="(.*)"$/.exec(line) ?? [];
    const isOwn = name !== "ETCD_INITIAL_CLUSTER";
    const own = isOwn ? value.replace("192.0.2.11", MACHINES[at] ?? "") : value;
    return [name, here(name === "ETCD_NAME" ? `node-${at + 1}` : own, nodes)];
  });
  // A user of its own, as the package's unit says: it reads what it may read, and writes its data.
  const user = ["setpriv", "--reuid=etcd", "--regid=etcd", "--clear-groups"];
  return Bun.spawn([...node.entering, ...user, "etcd"], {
    env: { PATH: process.env["PATH"] ?? "", ...Object.fromEntries(settings), ETCD_DATA_DIR: data },
    stdio: ["ignore", "ignore", Bun.file(join(directory, `${node.name}.log`))],
  });
}

/** Commands of the document that other tests run, and the words that show it there. */
const INSTALL = ["src/cli/install.netns.test.ts", '"install", ...places, "--systemd"'] as const;
const MOVING = (words: string): readonly [string, string] => [
  "tests/fleet/moving.netns.test.ts",
  `shown("${words}")`,
];
const ELSEWHERE: Readonly<Record<string, readonly [path: string, words: string]>> = {
  "hawser install --systemd --conflist ./pods.conflist": INSTALL,
  "hawser cluster init ./05-pods.conflist": MOVING("hawser cluster init ./05"),
  "hawser install --systemd --replace --conflist ./05-pods.conflist": MOVING(
    "hawser install --systemd --replace",
  ),
  "hawser ls dbnet": MOVING("hawser ls dbnet"),
  "systemctl disable --now flanneld": MOVING("systemctl disable --now flanneld"),
  "hawser gc pods --none-valid": MOVING("hawser gc pods"),
};

const hasUser = readFileSync("/etc/passwd", "utf8").includes("\netcd:");
const documentTest = hasUser
  ? needs("root", "ip", "etcd", "etcdctl", "openssl")
  : skipBecause("the user etcd, as Debian's etcd-server makes it");

documentTest(
  "three machines in ten minutes, a user of etcd, a backup that is put back",
  async () => {
    await using lab = await FleetLab.create();
    const nodes = await lab.start(3);
    const [one, two] = nodes as [FleetNode, FleetNode];
    const typed = new Set<Block>();
    const run = async (beginning: string, node: FleetNode = one): Promise<string> => {
      const block = shown(beginning);
      typed.add(block);
      const printed = await type(node, nodes, commandsOf(block));
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
    for (const node of nodes) {
      // A machine that has just been set up forwards nothing, and its etcd has begun alone.
      await node.must(["sysctl", "-qw", "net.ipv4.ip_forward=0", "net.ipv6.conf.all.forwarding=0"]);
      await node.must([
        "sh",
        "-ec",
        "mkdir -p /var/lib/etcd/default/member; chown -R etcd /var/lib/etcd",
      ]);
      for (const words of ["install -d /etc/hawser", "systemctl stop etcd"]) await run(words, node);
    }
    const members = nodes.map((node) => startEtcd(node, nodes, DATA));
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
      }
      const printed: string[] = [];
      for (const node of nodes.slice(0, 2)) printed.push(await run("ip netns add blue", node));
      const [own = "", other = ""] = printed.map((text) => /10\.42\.\d+\.\d+/u.exec(text)?.[0]);
      await until(`it reaches ${other}`, async () => await one.reaches(other, "blue"));
      expect(await two.reaches(own, "blue")).toBe(true);
      expect(await run("hawser cluster status")).toContain("nodes      3 alive");
      await run("etcdctl role add");
      await run("etcdctl snapshot save");
      expect(existsSync(join(directory, "restored"))).toBe(true);
      // What is taken after the backup is what the backup does not know.
      for (const member of members) member.kill("SIGKILL");
      await Promise.all(members.map(async (member) => await member.exited));
      await run("chown -R etcd: restored");
      members.push(startEtcd(one, nodes, DATA));
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
      expect(left.map((text) => text.trim().split("\n")[0])).toEqual(Object.keys(ELSEWHERE));
      for (const [command, [path, words]] of Object.entries(ELSEWHERE)) {
        const source = readFileSync(join(ROOT, path), "utf8");
        expect([command, source.includes(words)]).toEqual([command, true]);
      }
    } finally {
      for (const member of members) member.kill("SIGKILL");
    }
  },
);

async function answers(node: FleetNode, nodes: readonly FleetNode[]): Promise<boolean> {
  try {
    await type(node, nodes, "etcdctl get nothing --command-timeout=1s");
    return true;
  } catch {
    return false;
  }
}
