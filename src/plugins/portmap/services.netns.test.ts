import { afterEach, beforeAll, expect, test } from "bun:test";
import { must, run } from "../../../tests/support/exec.ts";
import { GATEWAY4 } from "../../../tests/support/member-lab.ts";
import { requireOwnNamespaces } from "../../../tests/support/namespaces.ts";
import { type PortCall, portLab } from "../../../tests/support/port-lab.ts";

requireOwnNamespaces();

// A port of the host is mapped on a node whose iptables has rules for the cluster's services.

const SERVICE = "10.96.0.1";
const PORT = 443;
/** What iptables' chains of such a node do with the service. */
const ACCEPTED = ["-d", SERVICE, "-p", "tcp", "--dport", `${PORT}`, "-j", "ACCEPT"];

const lab = portLab(3);
beforeAll(async () => {
  await lab.hostAgent.serve("tcp", PORT);
  await lab.outsideAgent.serve("tcp", 80);
  // The host asks a service from the service's own address.
  const { name, hostAddress4 } = lab.outside;
  await must(["ip", "-n", name, "route", "add", SERVICE, "via", hostAddress4]);
});
afterEach(async () => {
  await run(["ip", "link", "delete", "kube-ipvs0"]);
  await run(["ip", "route", "delete", "local", SERVICE, "dev", "lo", "table", "local"]);
});

const mapped = (more: PortCall = {}): PortCall => ({
  member: lab.member(1),
  mappings: [{ hostPort: PORT, containerPort: 80 }],
  ...more,
});

const nat = async (...words: string[]): Promise<unknown> =>
  await must(["iptables", "-t", "nat", ...words]);

/** The chains of kube-proxy; `insert` as that does it, before what is there. */
async function serviceChains(rule: readonly string[], how: "-A" | "-I" = "-A"): Promise<void> {
  await nat("-N", "KUBE-SERVICES");
  await nat("-A", "KUBE-SERVICES", ...rule);
  for (const chain of ["PREROUTING", "OUTPUT"]) await nat(how, chain, "-j", "KUBE-SERVICES");
}

/** Which server answers a container, the host, and the host at an address of its own. */
async function answers(): Promise<string[]> {
  const all = [
    lab.member(2).agent.ask("tcp", SERVICE, PORT),
    lab.hostAgent.ask("tcp", SERVICE, PORT),
    lab.hostAgent.ask("tcp", GATEWAY4, PORT),
  ];
  return (await Promise.all(all)).map((answer) => answer.split(" ")[0] ?? "");
}

/** An address that is only local: on a link as IPVS has it, or by a route alone. */
const ipvs = async (): Promise<void> => {
  await must(["ip", "link", "add", "kube-ipvs0", "type", "bridge"]);
  await must(["ip", "address", "add", `${SERVICE}/32`, "dev", "kube-ipvs0"]);
};
const local = async (): Promise<unknown> =>
  await must(["ip", "route", "add", "local", SERVICE, "dev", "lo", "table", "local"]);

for (const first of ["iptables", "portmap"]) {
  const inOrder = async (rules: () => Promise<void>): Promise<void> => {
    if (first === "iptables") await rules();
    await lab.done("ADD", mapped());
    if (first === "portmap") await rules();
  };

  test(`case P2: a service that iptables accepts is not captured, ${first} first`, async () => {
    await ipvs();
    await inOrder(async () => await serviceChains(ACCEPTED));
    expect(await answers()).toEqual(["host", "host", "c1"]);
    await lab.done("CHECK", mapped());
  });

  test(`case P2: a service that iptables translates goes there, ${first} first`, async () => {
    await local();
    const rule = [...ACCEPTED.slice(0, -1), "DNAT", "--to", `${lab.outside.address4}:80`];
    await inOrder(async () => await serviceChains(rule));
    // From the host, too, whose other address is mapped.
    expect(await answers()).toEqual(["outside", "outside", "c1"]);
    await lab.done("CHECK", mapped());
  });
}

test("case P2, kind: an ACCEPT is heard wherever the service's address is, also one that comes later", async () => {
  await local();
  await nat("-A", "PREROUTING", "-s", "203.0.113.1", "-j", "RETURN");
  await nat("-A", "OUTPUT", "-d", "203.0.113.1", "-j", "RETURN");
  await lab.done("ADD", mapped());
  expect(await answers()).toEqual(["c1", "c1", "c1"]);
  await serviceChains(ACCEPTED, "-I");
  expect(await answers()).toEqual(["host", "host", "c1"]);
  // What stands behind our rule is heard from the next ADD on.
  await nat("-F", "KUBE-SERVICES");
  await nat("-A", "PREROUTING", ...ACCEPTED);
  expect((await answers())[0]).toBe("c1");
  await lab.done(
    "ADD",
    mapped({ member: lab.member(2), mappings: [{ hostPort: 1, containerPort: 1 }] }),
  );
  expect((await answers())[0]).toBe("host");
});

test("case P2, kind: exceptDestinations spares a subnet without any rule of iptables", async () => {
  await local();
  const call = mapped({ keys: { exceptDestinations: ["10.96.0.0/12", "fd00:96::/108"] } });
  await lab.done("ADD", call);
  await lab.done("CHECK", call);
  expect(await answers()).toEqual(["host", "host", "c1"]);
  const sets = async (): Promise<string> =>
    await must(["nft", "list", "table", "inet", "hawser_ports"]);
  expect(await sets()).toContain("set except-10.96.0.0/12");
  // Another container's port is not spared, and the set goes with the last one that wants it.
  const other = mapped({
    member: lab.member(2),
    mappings: [{ hostPort: 8080, containerPort: 80 }],
  });
  await lab.done("ADD", other);
  expect((await lab.member(3).agent.ask("tcp", SERVICE, 8080)).split(" ")[0]).toBe("c2");
  await lab.done("DEL", call);
  expect(await sets()).not.toContain("except-");
});

test("case P2, kind: the mark is on no packet that leaves, and DEL takes every rule along", async () => {
  await serviceChains(ACCEPTED);
  const rules = await must(["iptables-save", "-t", "nat"]);
  await must(["nft", "add", "table", "inet", "seen"]);
  for (const [hook, priority] of [
    ["prerouting", -98],
    ["output", -98],
    ["postrouting", 102],
  ] as const) {
    const chain = `{ type filter hook ${hook} priority ${priority}; }`;
    await must(["nft", "add", "chain", "inet", "seen", hook, chain]);
    await must(["nft", "add", "rule", "inet", "seen", hook, "meta", "mark", "!=", "0", "drop"]);
  }
  await lab.done("ADD", mapped());
  expect(await answers()).toContain("c1");
  expect(await lab.member(2).agent.ask("tcp", lab.member(3).address4, 80)).toStartWith("c3");
  await lab.done("DEL", mapped());
  const left = await must(["iptables-save", "-t", "nat"]);
  const lines = (text: string): string[] =>
    text.split("\n").filter((line) => line.startsWith("-A"));
  expect(lines(left)).toEqual(lines(rules));
  expect(await must(["nft", "list", "tables"])).not.toContain("hawser");
});

test("case P2, kind: CHECK says that iptables was flushed, and the next ADD mends it", async () => {
  await serviceChains(ACCEPTED);
  await lab.done("ADD", mapped());
  await nat("-F");
  const { json } = await lab.call("CHECK", mapped());
  expect(json).toMatchObject({
    code: 100,
    msg: "port mappings: chain PREROUTING of table ip nat lacks the rule by which it is heard",
  });
  await lab.done(
    "ADD",
    mapped({ member: lab.member(2), mappings: [{ hostPort: 1, containerPort: 1 }] }),
  );
  await lab.done("CHECK", mapped());
  expect((await answers())[2]).toBe("c1");
  await must(["nft", "delete", "table", "ip", "nat"]);
  expect((await lab.call("CHECK", mapped())).json).toMatchObject({ code: 100 });
  await lab.done("GC", {
    keys: {
      "cni.dev/valid-attachments": ["c1", "c2"].map((containerID) => ({
        containerID,
        ifname: "eth0",
      })),
    },
  });
  await lab.done("CHECK", mapped());
  expect((await answers())[2]).toBe("c1");
});
