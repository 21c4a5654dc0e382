import { beforeEach, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cliLab } from "../../tests/support/cli-lab.ts";
import { EXECUTABLE } from "../../tests/support/daemon.ts";
import { must } from "../../tests/support/exec.ts";
import { containerNamed } from "../../tests/support/host.ts";
import { answerProblems } from "../../tests/support/json-schema.ts";
import { needs } from "../../tests/support/needs.ts";
import type { JsonObject } from "../spec/index.ts";

const OLD = new Date(Date.now() - 3_600_000);

setDefaultTimeout(60_000);

const web = containerNamed("web");
const db = containerNamed("db");
const lab = cliLab({ containers: ["web", "db"] });

beforeEach(() => {
  const ipam = { type: "host-local", subnet: "10.6.0.0/24", routes: [{ dst: "0.0.0.0/0" }] };
  const bridge = { type: "bridge", bridge: "br1", isGateway: true, ipam };
  const portmap = { type: "portmap", capabilities: { portMappings: true } };
  lab.node.network("one", [bridge, portmap], { file: "10-one.conflist" });
});

interface Answer {
  readonly [key: string]: unknown;
  readonly attachments: readonly Readonly<Record<string, unknown>>[];
}

async function json(...words: string[]): Promise<Answer> {
  return (await lab.json(...words)) as unknown as Answer;
}

/** Attaches both containers. */
async function attach(): Promise<void> {
  const pod = "IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=web-1";
  await lab.must("add", "one", "web", "--id", "c1", "-p", "8080:80", "--arg", pod);
  await lab.must("add", "one", "db", "--id", "c2");
}

/** Without what differs from one run to the next. */
function masked(text: string): string {
  return text
    .replaceAll(lab.node.path, "DIR")
    .replaceAll(/veth[0-9a-f]{8}/gu, "vethXXXXXXXX")
    .replaceAll(/(?:[0-9a-f]{2}:){5}[0-9a-f]{2}/gu, "MAC")
    .replaceAll(/\d{4}-\d\d-\d\dT[\d:]+Z, \d+s ago/gu, "TIME")
    .replaceAll(/(?<= )\s*\d+s(?= )/gu, " AGE")
    .replaceAll(/veth \d+/gu, "veth N");
}

async function findings(name: string): Promise<unknown[]> {
  const [one] = (await json("show", name)).attachments;
  return ((one?.["findings"] ?? []) as { name: string }[]).map((each) => each.name);
}

test("ls lists what is attached, and show sets what was promised beside what stands", async () => {
  await attach();
  expect(masked((await lab.hawser("ls")).stdout)).toBe(
    [
      "NETWORK  CONTAINER  POD         IFNAME  ADDRESS      PORTS    LINK          AGE  STATE",
      "one      c2         -           eth0    10.6.0.3/24  -        vethXXXXXXXX  AGE  ok",
      "one      c1         shop/web-1  eth0    10.6.0.2/24  8080:80  vethXXXXXXXX  AGE  ok",
      "",
    ].join("\n"),
  );
  expect(masked((await lab.hawser("show", "web-1")).stdout)).toBe(
    [
      "shop/web-1 on one as eth0  ok",
      "",
      "  container       c1",
      "  network         one  DIR/10-one.conflist",
      "  attached        TIME",
      "  namespace       /run/netns/web  alive",
      "  address         10.6.0.2/24",
      "  mac             MAC",
      "  routes          0.0.0.0/0",
      "  interface       eth0, veth N, up, MTU 1500",
      "  host's link     vethXXXXXXXX, veth N, up, a port of br1",
      "  ports           8080:80",
      "  reserved        10.6.0.2  /var/lib/cni/networks/one/10.6.0.2",
      "  rule            inet hawser_ports hostports4  tcp . 8080 : 10.6.0.2 . 80",
      "  rule            inet hawser_ports hairpin-one-10.6.0.0/24  10.6.0.2",
      "  known by        cache, record, reservation, link  /var/lib/cni/results/one-c1-eth0",
      "",
    ].join("\n"),
  );
  for (const words of [
    ["show", "web-1"],
    ["sync", "c1"],
  ]) {
    const { stdout } = await lab.start("hawser", words, { env: { FORCE_COLOR: "1" } });
    expect([words, stdout.includes("\u001b["), stdout.includes("\\u001b")]).toEqual([
      words,
      true,
      false,
    ]);
  }
  expect(await json("ls")).toMatchObject({
    operation: "LS",
    attachments: [
      { containerId: "c2", state: "ok" },
      {
        ...{ network: "one", containerId: "c1", ifName: "eth0", netns: "/run/netns/web" },
        ...{ state: "ok", netnsState: "alive", addresses: ["10.6.0.2/24"] },
        hostLink: { kind: "veth", up: true, master: "br1" },
        ports: [{ hostPort: 8080, containerPort: 80, protocol: "tcp" }],
      },
    ],
    problems: [],
  });
  const [shown] = (await json("show", "c1")).attachments;
  expect(shown).toMatchObject({ inside: { link: { name: "eth0", up: true } }, findings: [] });
  const { addresses } = (shown?.["inside"] ?? {}) as { addresses?: string[] };
  expect(addresses).toContain("10.6.0.2/24");
});

test("filters leave what they name, and a name that nothing has is an error", async () => {
  await attach();
  const ids = async (...words: string[]): Promise<string> =>
    (await lab.hawser("ls", "-q", ...words)).stdout;
  expect(await ids()).toBe("c2\nc1\n");
  expect(await ids("one", "--pod", "shop/web")).toBe("c1\n");
  expect(await ids("--container", "c2")).toBe("c2\n");
  expect(await ids("--address", "10.6.0.3")).toBe("c2\n");
  expect(await ids("--network", "one", "--state", "orphan")).toBe("");
  const lines = await lab.hawser("ls", "--format", "{{containerId}}\\t{{pod.name}} {{addresses}}");
  expect(lines.stdout).toBe("c2\t 10.6.0.3/24\nc1\tweb-1 10.6.0.2/24\n");
  for (const [words, code, text] of [
    [["onne"], 1, "there is no network onne here (code 3)\nto do: did you mean one?"],
    [["--pod", "wbe-1"], 1, "there is no pod wbe-1 here (code 3)\nto do: did you mean web-1?"],
    [["--container", "x"], 1, "there is no container x here (code 3)\nto do: there are: c1, c2"],
    [["--format", "{{addreses}}"], 2, "--format: no key addreses; did you mean addresses?"],
    [["--format", "table"], 2, "--format table: write wide, or keys"],
    [["-q", "--format", "wide"], 2, "contradict each other"],
  ] as const) {
    const { code: found, stdout, stderr } = await lab.hawser("ls", ...words);
    expect([words, found, stdout, stderr.includes(text) || stderr]).toEqual([
      words,
      code,
      "",
      true,
    ]);
  }
  const watched = await lab.hawser("watch", "onne");
  expect([watched.code, watched.stderr]).toMatchObject([
    1,
    expect.stringContaining("did you mean one?"),
  ]);
  const nothing = await lab.hawser("ls", "--address", "10.6.0.99");
  expect([nothing.code, nothing.stdout, nothing.stderr]).toEqual([
    0,
    "",
    "none of 2 attachments is so\n",
  ]);
});

test("what the kernel has lost is drift, with what mends it", async () => {
  await attach();
  await must(["ip", "-n", "web", "address", "flush", "dev", "eth0"]);
  expect((await json("ls", "--state", "ok")).attachments).toHaveLength(2);
  expect(await findings("c1")).toEqual(["address-missing", "route-missing"]);
  const text = (await lab.hawser("show", "c1")).stdout;
  expect(text).toContain("address         10.6.0.2/24, but there stands none");
  expect(text).toContain("✗ eth0 does not have 10.6.0.2/24\n  to do: ");
  await must(["ip", "-n", "db", "link", "set", "dev", "eth0", "address", "02:00:00:00:00:77"]);
  expect(await findings("c2")).toEqual(["mac-differs"]);
  await must(["ip", "-n", "db", "link", "set", "dev", "eth0", "down"]);
  expect(await findings("c2")).toContain("interface-down");
  const silent = (await lab.hawser("ls", "--container", "c2")).stdout;
  expect(silent).toMatch(/drift {2}eth0 is down in its namespace: its link \w+ has no carrier\n/u);
  const [c2] = (await json("ls", "--container", "c2")).attachments;
  const { name = "" } = (c2?.["hostLink"] ?? {}) as { name?: string };
  await must(["ip", "link", "set", "dev", name, "nomaster"]);
  const loose = (await lab.hawser("ls", "--container", "c2")).stdout;
  expect(loose).toContain(`; its link ${name} is no port of br1 any more`);
  await must(["ip", "link", "delete", name]);
  expect(await findings("c2")).toEqual(["link-missing", "interface-missing"]);
  expect((await lab.hawser("ls", "--state", "drift", "-q")).stdout).toBe("c2\n");
});

test("a namespace that is gone, and another one at its path, are orphans", async () => {
  await attach();
  await lab.host.remove(web);
  await lab.host.remove(db);
  await lab.container("db");
  const { attachments } = await json("ls");
  expect(attachments.map(({ state, netnsState }) => [state, netnsState])).toEqual([
    ["orphan", "replaced"],
    ["orphan", "gone"],
  ]);
  expect(await findings("c1")).toEqual(["netns-gone"]);
  expect(await findings("c2")).toEqual(["netns-replaced"]);
  const [first] = (await json("show", "c1")).attachments;
  const [finding] = (first?.["findings"] ?? []) as { remedy: string }[];
  expect(finding?.remedy).toBe("hawser del one --id c1");
  await lab.must(...(finding?.remedy.split(" ").slice(1) ?? []));
  expect((await lab.hawser("ls", "-q")).stdout).toBe("c2\n");
});

test("what only a reservation or the mark on a link knows is a leak, and its remedy frees it", async () => {
  await attach();
  const path = "/var/lib/cni/networks/one/10.6.0.3";
  utimesSync(path, OLD, OLD);
  for (const trace of ["/var/lib/cni/results/one-c2-eth0", "/run/hawser/netns"]) {
    rmSync(trace, { recursive: true });
  }
  const [leak] = (await json("ls", "--state", "leak")).attachments;
  expect(leak).toMatchObject({
    ...{ containerId: "c2", sources: ["reservation", "link"], addresses: ["10.6.0.3"] },
    findings: [{ name: "no-attachment", remedy: "hawser del one --id c2" }],
  });
  await lab.must("del", "one", "--id", "c2");
  expect((await json("ls", "--state", "leak")).attachments).toEqual([]);
});

test("check and del take a pod, and the beginning of one", async () => {
  await attach();
  await lab.must("check", "one", "--id", "shop/web-1");
  const unknown = await lab.hawser("del", "one", "--id", "shop/wbe-1");
  expect([unknown.code, unknown.stderr]).toEqual([
    2,
    "error: no pod shop/wbe-1 is attached as eth0; attached are: c1:eth0, c2:eth0\n",
  ]);
  expect((await lab.hawser("del", "one", "--id", "web")).stdout).toContain("c1 is not attached");
  expect((await lab.hawser("ls", "-q")).stdout).toBe("c2\n");
});

test("networks lists files in their order, what is attached, and what is passed over", async () => {
  await attach();
  writeFileSync(join(lab.node.path, "05-torn.conflist"), "{");
  const files = await lab.hawser("networks");
  const width = join(lab.node.path, "05-torn.conflist").length;
  expect(masked(files.stdout).replaceAll(/passed over: .*/gu, "passed over")).toBe(
    [
      `NETWORK  VERSION  PLUGINS         ATTACHED  FILE${" ".repeat(width - 4)}  NOTE`,
      "-        -        -                      -  DIR/05-torn.conflist  passed over",
      "one      1.1.0    bridge,portmap         2  DIR/10-one.conflist   -",
      "",
    ].join("\n"),
  );
  rmSync(join(lab.node.path, "10-one.conflist"));
  expect(await json("networks")).toMatchObject({
    networks: [
      { file: join(lab.node.path, "05-torn.conflist"), error: { code: 6 } },
      { network: "one", attachedCount: 2, unhealthyCount: 0 },
    ],
  });
  expect((await lab.hawser("networks", "-q")).stdout).toBe("");
});

test("a word that names nothing, or several, says what there is", async () => {
  const bare = await lab.hawser("show", "c1");
  expect([bare.code, bare.stderr]).toEqual([
    1,
    "error: nothing is attached by the name c1 (code 3)\nto do: nothing is attached on this node\n",
  ]);
  await attach();
  const typo = await lab.hawser("show", "c3");
  expect(typo.stderr).toContain("to do: did you mean c2? there are: c2, shop/web-1, web-1\n");
  const several = await lab.hawser("show", "c");
  expect([several.code, several.stderr]).toEqual([
    1,
    "error: c may be several: c2, shop/web-1 (c1) (code 3)\n" +
      "to do: write more of the name, or NAMESPACE/NAME of a pod\n",
  ]);
  expect(await json("show", "nope")).toMatchObject({ operation: "SHOW", error: { code: 3 } });
});

needs("root")("a caller that is not root is told so in one line", async () => {
  await attach();
  const { env } = lab.node;
  const words = ["setpriv", "--reuid", "65534", "--clear-groups", EXECUTABLE, "ls"];
  const child = Bun.spawn(words, {
    argv0: "setpriv",
    env: { PATH: process.env["PATH"] ?? "", ...env },
    stderr: "pipe",
    stdout: "pipe",
  });
  const [stdout, stderr] = await Promise.all([child.stdout.text(), child.stderr.text()]);
  expect([await child.exited, stdout]).toEqual([1, ""]);
  expect(stderr).toStartWith("error: this needs root: ");
  expect(stderr.trim().split("\n")).toHaveLength(1);
});

test("watch tells what is attached, goes wrong and is detached, a line of JSON each", async () => {
  const env = { PATH: process.env["PATH"] ?? "", NETCONFPATH: lab.node.path };
  const words = [EXECUTABLE, "watch", "one", "--json"];
  const child = Bun.spawn(words, { argv0: "hawser", env, stdout: "pipe" });
  const lines: JsonObject[] = [];
  const reading = (async () => {
    let text = "";
    for await (const bytes of child.stdout) {
      text += Buffer.from(bytes).toString();
      const whole = text.split("\n");
      text = whole.pop() ?? "";
      lines.push(...whole.map((line) => JSON.parse(line) as JsonObject));
    }
  })();
  const has = async (event: string, ms: number): Promise<boolean> => {
    const until = performance.now() + ms;
    while (performance.now() < until) {
      // Of an earlier try there may be a detachment.
      const since = Math.max(
        0,
        lines.findLastIndex((line) => line["event"] === "attached"),
      );
      if (lines.slice(since).some((line) => line["event"] === event)) return true;
      await Bun.sleep(50);
    }
    return false;
  };
  // It says nothing when it has begun: what is attached before that is no change.
  for (let tries = 0; tries < 8; tries++) {
    await lab.must("add", "one", "web", "--id", "c1");
    if (await has("attached", 2500)) break;
    await lab.must("del", "one", "--id", "c1");
  }
  const [attached] = (await json("ls")).attachments;
  const { name = "" } = (attached?.["hostLink"] ?? {}) as { name?: string };
  await must(["ip", "link", "set", "dev", name, "nomaster"]);
  expect(await has("drift", 20_000)).toBe(true);
  await lab.must("del", "one", "--id", "c1");
  expect(await has("detached", 20_000)).toBe(true);
  child.kill("SIGINT");
  await reading;
  expect(await child.exited).toBe(130);
  expect(lines.map((line) => answerProblems(line))).toEqual(lines.map(() => []));
  expect(lines.slice(-3)).toMatchObject([
    { operation: "WATCH", event: "attached", attachment: { containerId: "c1", state: "ok" } },
    { event: "drift", attachment: { findings: [{ name: "link-off-bridge" }] } },
    { event: "detached", attachment: { containerId: "c1" } },
  ]);
});

needs("bash")("a shell completes pods and IDs, and leaves out what it would act upon", async () => {
  await attach();
  const file = "/var/lib/cni/results/one-c2-eth0";
  const entry = readFileSync(file, "utf8").replace('"c2"', '"c2$(reboot)"');
  writeFileSync("/var/lib/cni/results/hostile", entry);
  for (const [kind, names] of [
    ["attachments", "c1\nc2\nshop/web-1\nweb-1\n"],
    ["containers", "c1\nc2\n"],
    ["pods", "shop/web-1\nweb-1\n"],
  ] as const) {
    expect([kind, (await lab.hawser("complete", kind)).stdout]).toEqual([kind, names]);
  }
  expect((await lab.hawser("complete", "networks")).stdout).toBe("one\n");
});
