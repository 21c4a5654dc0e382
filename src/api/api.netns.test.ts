/** The API against a real node: each resource by its form, and the same as the commands tell. */
import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { EXECUTABLE } from "../../tests/support/daemon.ts";
import { must } from "../../tests/support/exec.ts";
import { formProblems } from "../../tests/support/forms.ts";
import { type Container, Host } from "../../tests/support/host.ts";
import { NodeDirectory } from "../../tests/support/node-directory.ts";
import { startProgram } from "../../tests/support/program.ts";
import { Ui } from "../../tests/support/ui.ts";
import { until } from "../../tests/support/until.ts";
import type {
  AttachmentDetailForm,
  AttachmentsForm,
  CallsForm,
  FindingsForm,
  FormName,
  LinksForm,
  NodeForm,
  PathForm,
  PortsForm,
  RangeMapForm,
  RulesForm,
} from "../forms/index.ts";

setDefaultTimeout(120_000);

/** A container may call itself anything that its runtime lets through. */
const HOSTILE = "</title><script>alert(1)</script>";

let host: Host;
let node: NodeDirectory;
let ui: Ui;
let web: Container;
let db: Container;
let old: Container;

beforeAll(async () => {
  host = await Host.create();
  node = new NodeDirectory();
  [web, db, old] = [
    await host.container("web"),
    await host.container("db"),
    await host.container("old"),
  ];
  await host.outside();
  const ipam = {
    ...{ type: "host-local", routes: [{ dst: "0.0.0.0/0" }] },
    ranges: [[{ subnet: "10.6.0.0/24", rangeEnd: "10.6.0.100" }], [{ subnet: "fd06::/64" }]],
  };
  const bridge = { type: "bridge", bridge: "br1", isGateway: true, ipMasq: true, ipam };
  const portmap = {
    type: "portmap",
    capabilities: { portMappings: true },
    password: "hunter2secret",
  };
  node.network("one", [bridge, portmap], { file: "10-one.conflist" });
  writeFileSync(`${node.path}/99-torn.conflist`, "{");
  await hawser("trace", "on");
  const args = `IgnoreUnknown=1;K8S_POD_NAMESPACE=shop;K8S_POD_NAME=${HOSTILE}`;
  await hawser("add", "one", "web", "--id", "c1", "-p", "8080:80", "--arg", args);
  await hawser("add", "one", "db", "--id", "c2");
  await attachByGo();
  ui = await Ui.start({ env: node.env });
});
afterAll(async () => {
  await ui.end();
  for (const container of [web, db, old]) await host.remove(container).catch(() => undefined);
  await host.tidy();
  rmSync("/var/lib/cni/results", { recursive: true, force: true });
  node.remove();
});

async function hawser(...words: string[]): Promise<string> {
  const { code, stdout, stderr } = await startProgram("hawser", words, { env: node.env });
  expect([words, code, code === 0 ? "" : stdout + stderr]).toEqual([words, 0, ""]);
  return stdout;
}

/** What libcni and the Go plugins leave of an attachment: a file of the cache, a reservation, a pair. */
async function attachByGo(): Promise<void> {
  const ip = async (...words: string[]): Promise<string> => await must(["ip", ...words]);
  await ip("link", "add", "vethgo", "type", "veth", "peer", "name", "eth0", "netns", "old");
  await ip("link", "set", "dev", "vethgo", "master", "br1", "up");
  await ip("-n", "old", "address", "add", "10.7.0.9/24", "dev", "eth0");
  await ip("-n", "old", "link", "set", "dev", "eth0", "up");
  mkdirSync("/var/lib/cni/networks/gone", { recursive: true });
  writeFileSync("/var/lib/cni/networks/gone/10.7.0.9", "c9\r\neth0");
  const config = {
    cniVersion: "1.0.0",
    name: "gone",
    plugins: [{ type: "bridge", bridge: "br1" }],
  };
  const interfaces = [
    { name: "br1" },
    { name: "vethgo" },
    { name: "eth0", sandbox: old.netns, mac: "02:00:00:00:00:09" },
  ];
  const cached = {
    ...{ kind: "cniCacheV1", containerId: "c9", ifName: "eth0", networkName: "gone" },
    ...{ config: btoa(JSON.stringify(config)), netns: old.netns },
    result: {
      ...{ cniVersion: "1.0.0", interfaces, dns: {} },
      ips: [{ address: "10.7.0.9/24", interface: 2 }],
    },
  };
  writeFileSync("/var/lib/cni/results/gone-c9-eth0", JSON.stringify(cached));
}

interface OpenApi {
  readonly paths: Readonly<Record<string, { readonly get: Operation }>>;
}

interface Operation {
  readonly responses: {
    readonly "200": {
      readonly content: Readonly<Record<string, { readonly schema?: { readonly $ref?: string } }>>;
    };
  };
}

/** What each path of the description is asked as. */
const ASKED: Readonly<Record<string, readonly string[]>> = {
  node: ["node"],
  networks: ["networks"],
  attachments: ["attachments", "attachments?state=ok&network=one", "attachments?limit=1"],
  "attachments/{network}/{container}/{ifname}": [
    ...["attachments/one/c1/eth0", "attachments/one/c2/eth0", "attachments/gone/c9/eth0"],
  ],
  links: ["links"],
  "addresses/{address}": ["addresses/10.6.0.2", "addresses/fd06::2", "addresses/192.0.2.77"],
  ranges: ["ranges"],
  "ranges/{number}": ["ranges/0", "ranges/1"],
  ports: ["ports"],
  rules: ["rules"],
  calls: ["calls", "calls?network=one&operation=add", "calls?failed=true&slow=1&plugin=bridge"],
  "calls/{id}": [],
  findings: ["findings"],
  fleet: ["fleet"],
  map: ["map"],
  path: ["path?port=8080", "path?port=tcp/8080", "path?address=10.6.0.2", "path?address=1.1.1.1"],
  changes: [],
  "openapi.json": [],
};

test("every resource of the description is there, and answers in its form", async () => {
  const described = await ui.read<OpenApi>("openapi.json");
  expect(described).toEqual(JSON.parse(readFileSync("docs/api/openapi.json", "utf8")) as OpenApi);
  const paths = Object.keys(described.paths).map((path) => path.replace("/api/1/", ""));
  expect(paths.toSorted()).toEqual(Object.keys(ASKED).toSorted());
  const [group] = (await ui.read<CallsForm>("calls")).groups;
  const asked = { ...ASKED, "calls/{id}": [`calls/${group?.id}`] };
  const wrong: unknown[] = [];
  for (const [path, questions] of Object.entries(asked)) {
    const { content } = described.paths[`/api/1/${path}`]?.get.responses["200"] ?? {};
    const form = content?.["application/json"]?.schema?.$ref?.split("/").at(-1) as FormName;
    for (const question of questions) {
      const problems = formProblems(form, await ui.read(question));
      if (problems.length > 0) wrong.push([question, problems.slice(0, 5)]);
    }
  }
  expect(wrong).toEqual([]);
});

test("commands and resources tell the same", async () => {
  const told = async (...words: string[]): Promise<Record<string, unknown>> =>
    JSON.parse(await hawser(...words, "--json")) as Record<string, unknown>;
  expect((await ui.read<AttachmentsForm>("attachments")).attachments).toEqual(
    (await told("ls"))["attachments"] as AttachmentsForm["attachments"],
  );
  const { problems: _, ...ports } = await ui.read<PortsForm>("ports");
  expect(ports).toEqual(withoutOperation(await told("ports")) as typeof ports);
  const pools = await told("pools");
  expect(await ui.read("ranges")).toMatchObject({
    ranges: pools["pools"] as object,
    strays: pools["strays"] as object,
  });
  const networks = (await told("networks"))["networks"] as object[];
  expect(await ui.read("networks")).toMatchObject({ networks });
  const [shown] = (await told("show", "c1"))["attachments"] as object[];
  expect(await ui.read("attachments/one/c1/eth0")).toMatchObject(shown ?? {});
  const { groups } = await ui.read<CallsForm>("calls");
  // Here each call has its delegates, too.
  expect(groups).toMatchObject(((await told("trace"))["groups"] as typeof groups).toReversed());
  const address = withoutOperation(await told("ip", "10.6.0.2"));
  expect(await ui.read("addresses/10.6.0.2")).toMatchObject(address);
});

function withoutOperation({ operation: _, ...answer }: Record<string, unknown>): object {
  return answer;
}

describe("one attachment", () => {
  test("has what was asked without its secrets, what was promised, what stands, and its calls", async () => {
    const one = await ui.read<AttachmentDetailForm>("attachments/one/c1/eth0");
    expect(one.pod).toEqual({ namespace: "shop", name: HOSTILE });
    expect(JSON.stringify(one)).not.toContain("hunter2secret");
    expect(one.asked).toMatchObject({ name: "one", plugins: [{}, { password: "(masked)" }] });
    expect(one.promised).toMatchObject({ ips: [{ address: "10.6.0.2/24" }, {}] });
    expect(one.inside?.addresses).toContain("10.6.0.2/24");
    expect(one.rules.map(({ text }) => text)).toContain("tcp . 8080 : 10.6.0.2 . 80");
    const [add] = one.calls;
    expect(add).toMatchObject({ operation: "ADD", failed: false });
    const steps = add?.calls.flatMap((call) => call.steps ?? []) ?? [];
    expect(steps.length).toBeGreaterThan(3);
    const delegates = add?.calls.flatMap((call) => call.calls ?? []).map(({ plugin }) => plugin);
    expect(delegates).toContain("host-local");
  });

  test("of the Go plugins is read in their format, and what differs is said", async () => {
    const one = await ui.read<AttachmentDetailForm>("attachments/gone/c9/eth0");
    expect(one).toMatchObject({
      ...{ state: "drift", sources: ["cache", "reservation"], addresses: ["10.7.0.9/24"] },
      ...{ hostLink: { name: "vethgo", master: "br1" }, asked: { name: "gone" } },
    });
    expect(one.findings.map(({ name }) => name)).toEqual(["mac-differs"]);
  });
});

test("what is told of links, rules, ranges and paths is of this node", async () => {
  const { links } = await ui.read<LinksForm>("links");
  const of = (name: string): (typeof links)[number] | undefined =>
    links.find((each) => each.name === name);
  expect(of("br1")).toMatchObject({ kind: "bridge", up: true });
  expect(of("br1")?.addresses).toContain("10.6.0.1/24");
  const c1 = { network: "one", containerId: "c1", ifName: "eth0" };
  const own = links.find(({ attachments }) => attachments[0]?.containerId === "c1");
  expect(own).toMatchObject({ kind: "veth", master: "br1", attachments: [c1] });
  expect(of("vethgo")?.attachments).toMatchObject([{ network: "gone", containerId: "c9" }]);
  const { rules } = await ui.read<RulesForm>("rules");
  expect(rules).toContainEqual({
    ...{ place: "inet hawser_ports hostports4", text: "tcp . 8080 : 10.6.0.2 . 80", owner: c1 },
  });
  const map = await ui.read<RangeMapForm>("ranges/0");
  expect(map.runs).toEqual([
    { first: "10.6.0.1", last: "10.6.0.1", use: "gateway" },
    {
      ...{ first: "10.6.0.2", last: "10.6.0.2", use: "in use", containerId: "c1", ifName: "eth0" },
      pod: `shop/${HOSTILE}`,
    },
    { first: "10.6.0.3", last: "10.6.0.3", use: "in use", containerId: "c2", ifName: "eth0" },
  ]);
  const way = await ui.read<PathForm>("path?port=8080");
  expect([way.broken, way.steps.at(-1)?.node]).toEqual([undefined, `namespace:${web.netns}`]);
});

test("findings are those of the view and of the doctor, the heaviest first", async () => {
  const { findings, stages } = await ui.read<FindingsForm>("findings");
  expect(stages.map(({ name }) => name)).toContain("configuration");
  const weights = findings.map(({ severity }) => ["error", "warning", "note"].indexOf(severity));
  expect(weights).toEqual(weights.toSorted((one, other) => one - other));
  expect(new Set(findings.map(({ by }) => by))).toEqual(new Set(["doctor"]));
  const downLink = async (): Promise<FindingsForm["findings"][number] | undefined> => {
    const { findings: now } = await ui.read<FindingsForm>("findings");
    return now.find(({ name }) => name === "link-down");
  };
  await must(["ip", "link", "set", "dev", "vethgo", "down"]);
  await until("the link is found down", async () => (await downLink()) !== undefined);
  expect(await downLink()).toMatchObject({
    ...{ by: "view", remedy: "ip link set dev vethgo up" },
    about: { network: "gone", containerId: "c9", ifName: "eth0" },
    mapNode: `namespace:${old.netns}`,
  });
  await must(["ip", "link", "set", "dev", "vethgo", "up"]);
  await until("the link is found up", async () => (await downLink()) === undefined);
});

describe("questions", () => {
  test.each([
    ["nothing", 404],
    ["", 404],
    ["attachments/one/c1", 404],
    ["attachments/one/c1/eth9", 404],
    ["attachments/one/c1/eth0/more", 404],
    ["attachments/..%2f..%2fetc/passwd/eth0", 404],
    ["attachments/%2e%2e/c1/eth0", 404],
    ["attachments/%ff/c1/eth0", 404],
    ["attachments?state=bad", 400],
    ["attachments?stat=ok", 400],
    ["attachments?limit=0", 400],
    ["attachments?limit=1&limit=2", 400],
    [`attachments?pod=${"x".repeat(2000)}`, 400],
    ["addresses/somewhere", 400],
    ["ranges/99", 404],
    ["ranges/-1", 400],
    ["calls/nothing-like-it", 404],
    ["calls?before=nothing-like-it", 404],
    ["path", 400],
    ["path?port=1&address=10.6.0.2", 400],
    ["node?x=1", 400],
    ["changes?x=1", 400],
  ])("%s is answered by %i, in the specification's shape", async (question, status) => {
    const response = await ui.ask(`/api/1/${question}`);
    expect([question, response.status]).toEqual([question, status]);
    const error: unknown = await response.json();
    expect(formProblems("error", error)).toEqual([]);
  });

  test("that are repeated are answered by 304, until something has changed", async () => {
    const first = await ui.ask("/api/1/attachments");
    const tag = first.headers.get("etag") ?? "";
    const revision = first.headers.get("hawser-revision");
    const again = async (): Promise<Response> =>
      await ui.ask("/api/1/attachments", { headers: { "if-none-match": `"other", W/${tag}` } });
    const same = await again();
    expect([same.status, await same.text(), same.headers.get("hawser-revision")]).toEqual([
      304,
      "",
      revision,
    ]);
    await must(["ip", "link", "set", "dev", "vethgo", "down"]);
    await until("another answer", async () => (await again()).status === 200);
    const changed = await again();
    expect(changed.headers.get("hawser-revision")).not.toBe(revision);
    await must(["ip", "link", "set", "dev", "vethgo", "up"]);
  });

  test("about a node that cannot be read whole are answered, and say so", async () => {
    writeFileSync("/var/lib/cni/results/one-torn-eth0", "{");
    let problems: readonly string[] = [];
    await until(
      () => `the torn file is told of: ${problems.join()}`,
      async () => {
        ({ problems } = await ui.read<NodeForm>("node"));
        return problems.some((one) =>
          one.includes("/var/lib/cni/results/one-torn-eth0 is left out"),
        );
      },
    );
    rmSync("/var/lib/cni/results/one-torn-eth0");
  });

  test("of a caller that is not root are answered as far as it may read", async () => {
    await must(["chmod", "0755", node.path, node.plugins]);
    chmodSync(`${node.path}/10-one.conflist`, 0o644);
    const program = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    await using other = await Ui.start({ env: node.env, program: [...program, EXECUTABLE] });
    const { problems } = await other.read<NodeForm>("node");
    expect(problems.length).toBeGreaterThan(0);
    const told = await other.read<FindingsForm>("findings");
    const [name] = (await other.read<AttachmentsForm>("attachments")).attachments;
    if (name !== undefined) {
      const { network, containerId, ifName } = name;
      const path = `attachments/${network}/${containerId}/${ifName}`;
      // What this caller may not enter is not gone for that.
      expect((await other.read<AttachmentDetailForm>(path)).state).toBe(name.state);
    }
    expect(told.findings.map(({ remedy }) => remedy)).toContain("run it as root");
    expect(told.stages).toEqual([]);
    for (const path of [
      "networks",
      "attachments",
      "links",
      "ranges",
      "ports",
      "rules",
      "map",
      "fleet",
    ]) {
      const response = await other.ask(`/api/1/${path}`);
      const text = await response.text();
      expect([path, response.status, response.ok ? "" : text]).toEqual([path, 200, ""]);
    }
    expect((await other.ask("/api/1/calls")).status).toBe(403);
  });
});
