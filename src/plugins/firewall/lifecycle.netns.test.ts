import { afterAll, beforeEach, describe, expect, test } from "bun:test";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { containing } from "../../../tests/faults/words.ts";
import { failOnLeakedNetlinkSockets } from "../../../tests/support/descriptors.ts";
import { must, ownEnvironment } from "../../../tests/support/exec.ts";
import { type FirewallCall, firewallLab } from "../../../tests/support/firewall-lab.ts";
import { requireOwnNamespaces } from "../../../tests/support/namespaces.ts";
import { leaks } from "../../../tests/support/shared-objects.ts";
import { diff, type Snapshot } from "../../../tests/support/snapshot.ts";
import { plugin } from "./index.ts";

requireOwnNamespaces();
failOnLeakedNetlinkSockets();

const lab = firewallLab();
let before: Snapshot;
beforeEach(async () => {
  for (const program of ["iptables", "ip6tables"]) await must([program, "-P", "FORWARD", "DROP"]);
  before = await lab.host.snapshot();
});

async function left(): Promise<string[]> {
  return leaks(diff(before, await lab.host.snapshot()));
}

async function getsOut(number: 1 | 2 | 3): Promise<boolean> {
  return await lab.reaches(lab.member(number).agent, lab.outside.address4);
}

const BACKENDS = [
  { name: "our own layout", keys: {} },
  { name: "backend iptables", keys: { backend: "iptables" } },
];

describe.each(BACKENDS)("with $name", ({ keys }) => {
  test("ADD hands the result on as it came", async () => {
    const member = lab.member(1);
    const { json } = await lab.call("ADD", { member, keys });
    expect(json).toEqual(member.prevResult);
  });

  test("DEL leaves nothing, and may come twice, or first", async () => {
    const call = { member: lab.member(1), keys };
    await lab.done("DEL", call);
    await lab.done("ADD", call);
    await lab.done("DEL", call);
    await lab.done("DEL", call);
    expect(await left()).toEqual([]);
  });

  test("DEL needs no previous result", async () => {
    const call = { member: lab.member(1), keys };
    await lab.done("ADD", call);
    await lab.done("DEL", { ...call, prevResult: null });
    expect(await left()).toEqual([]);
    expect(await getsOut(1)).toBe(false);
  });

  test("DEL needs no readable configuration", async () => {
    const call = { member: lab.member(1), keys };
    await lab.done("ADD", call);
    const broken = {
      backend: 7,
      firewalldZone: [],
      ingressPolicy: "?",
      iptablesAdminChainName: "",
    };
    await lab.done("DEL", { ...call, keys: broken, prevResult: null });
    expect(await left()).toEqual([]);
  });

  test("DEL without the owner record goes by marks, or by the previous result", async () => {
    const call = { member: lab.member(1), keys };
    await lab.done("ADD", call);
    rmSync("/run/hawser/firewall", { recursive: true });
    await lab.done("DEL", call);
    rmSync("/run/hawser", { recursive: true, force: true });
    mkdirSync("/run/hawser");
    expect(await left()).toEqual([]);
  });

  test("a late DEL leaves what a newer container has the address for", async () => {
    const call = { member: lab.member(1), keys };
    await lab.done("ADD", { ...call, containerId: "older" });
    await lab.done("ADD", { ...call, containerId: "newer" });
    await lab.done("DEL", { ...call, containerId: "older" });
    await lab.done("CHECK", { ...call, containerId: "newer" });
    expect(await getsOut(1)).toBe(true);
    await lab.done("DEL", { ...call, containerId: "newer" });
    expect(await left()).toEqual([]);
  });

  test("GC removes what no valid attachment owns", async () => {
    await lab.done("ADD", { member: lab.member(1), keys });
    await lab.done("ADD", { member: lab.member(2), keys });
    await lab.done("ADD", { member: lab.member(3), keys, network: "net2" });
    const valid = [{ containerID: "c2", ifname: "eth0" }];
    await lab.done("GC", { member: lab.member(1), keys, valid });
    expect([await getsOut(1), await getsOut(2), await getsOut(3)]).toEqual([false, true, true]);
    await lab.done("GC", { member: lab.member(1), keys });
    await lab.done("GC", { member: lab.member(1), keys, network: "net2" });
    expect(await left()).toEqual([]);
  });

  test("an ADD that is repeated replaces what the earlier one made, with the other backend too", async () => {
    const other = BACKENDS.find((each) => each.keys !== keys)?.keys ?? {};
    await lab.done("ADD", { member: lab.member(1), keys: other });
    const moved = { ...lab.member(2), container: lab.member(1).container };
    await lab.done("ADD", { member: moved, keys });
    await lab.done("CHECK", { member: moved, keys });
    expect([await getsOut(1), await getsOut(2)]).toEqual([false, true]);
    await lab.done("DEL", { member: moved, keys, prevResult: null });
    expect(await left()).toEqual([]);
  });

  test("a host without IPv6 rules is let through for IPv4 alone", async () => {
    const result = lab.member(1).prevResult as { ips: object[] };
    const prevResult = {
      ...lab.member(1).prevResult,
      ips: result.ips.slice(0, 1),
    } as FirewallCall["prevResult"];
    const call = { member: lab.member(1), keys, prevResult: prevResult ?? null, env: only4() };
    await lab.done("ADD", call);
    await lab.done("CHECK", call);
    expect(await getsOut(1)).toBe(true);
    expect(await must(["ip6tables-save", "-t", "filter"])).not.toMatch(/hawser|CNI/);
    await lab.done("DEL", call);
    expect(await left()).toEqual([]);
  });

  test("a result without addresses asks for nothing", async () => {
    const prevResult = { cniVersion: "1.0.0", interfaces: [], ips: [] };
    const call = { member: lab.member(1), keys, prevResult };
    await lab.done("ADD", call);
    await lab.done("CHECK", call);
    expect(await left()).toEqual([]);
  });
});

describe.each(BACKENDS)("an address that two attachments have, with $name", ({ keys }) => {
  const older = (): FirewallCall => ({ member: lab.member(1), keys, containerId: "older" });
  const newer = (): FirewallCall => ({ ...older(), containerId: "newer" });

  test("is let through until the last of them goes, whichever that is", async () => {
    await lab.done("ADD", older());
    await lab.done("ADD", newer());
    await lab.done("DEL", newer());
    await lab.done("CHECK", older());
    expect(await getsOut(1)).toBe(true);
    await lab.done("DEL", older());
    expect(await getsOut(1)).toBe(false);
    expect(await left()).toEqual([]);
  });

  test("is let through after GC while one of them is valid", async () => {
    await lab.done("ADD", older());
    await lab.done("ADD", newer());
    await lab.done("GC", { ...older(), valid: [{ containerID: "older", ifname: "eth0" }] });
    await lab.done("CHECK", older());
    await lab.done("GC", older());
    expect(await getsOut(1)).toBe(false);
    expect(await left()).toEqual([]);
  });
});

describe("an address that two attachments have, in the iptables layout", () => {
  const older = (): FirewallCall => ({
    ...{ member: lab.member(1), keys: { backend: "iptables" }, containerId: "older" },
  });
  const newer = (): FirewallCall => ({ ...older(), containerId: "newer" });

  test("is let through after a failed ADD of the newer one, as before", async () => {
    await lab.done("ADD", older());
    // Shared rules are to be made first, which takes the programs.
    await must(["iptables", "-F", "FORWARD"]);
    const env = pathOf(() => "/bin/false");
    const { json } = await lab.call("ADD", { ...newer(), env });
    expect(json).toMatchObject({ code: 5 });
    await lab.done("ADD", older());
    await lab.done("CHECK", older());
    expect(await getsOut(1)).toBe(true);
    await lab.done("DEL", older());
    expect(await left()).toEqual([]);
  });

  test("is known from a note that has one name alone, as earlier releases wrote it", async () => {
    await lab.done("ADD", older());
    const [note = ""] = (await must(["ls", CLAIMS])).split("\n");
    const text = readFileSync(`${CLAIMS}/${note}`, "utf8");
    writeFileSync(`${CLAIMS}/${note}`, text.replace(/"data":\["(.*)"\]/u, '"data":"$1"'));
    await lab.done("ADD", newer());
    await lab.done("DEL", newer());
    await lab.done("CHECK", older());
    await lab.done("DEL", older());
    expect(await left()).toEqual([]);
  });
});

const CLAIMS = "/run/hawser/firewall-claims";
const directories: string[] = [];
afterAll(() => {
  for (const path of directories) rmSync(path, { recursive: true });
});

/** A PATH that has no program for IPv6. */
function only4(): Record<string, string> {
  return pathOf((program) => `/usr/sbin/${program}`);
}

/** A PATH with the programs for IPv4 as links to others. */
function pathOf(target: (program: string) => string): Record<string, string> {
  const directory = mkdtempSync(join(tmpdir(), "hawser-path-"));
  directories.push(directory);
  for (const program of ["iptables-restore", "iptables-save"]) {
    symlinkSync(target(program), join(directory, program));
  }
  return { PATH: directory };
}

const REFUSED: { what: string; keys: object; code: number; msg: string }[] = [
  { what: "backend", keys: { backend: "pf" }, code: 7, msg: 'unrecognized backend "pf"' },
  {
    what: "policy",
    keys: { ingressPolicy: "closed" },
    code: 7,
    msg: 'unknown ingress policy: "closed"',
  },
  {
    what: "chain",
    keys: { iptablesAdminChainName: "-j ACCEPT" },
    code: 7,
    msg: 'iptablesAdminChainName "-j ACCEPT" is no name of an iptables chain',
  },
  {
    what: "long chain",
    keys: { iptablesAdminChainName: "x".repeat(29) },
    code: 7,
    msg: `iptablesAdminChainName "${"x".repeat(29)}" is no name of an iptables chain`,
  },
  {
    what: "zone",
    keys: { firewalldZone: "" },
    code: 7,
    msg: 'firewalldZone "" is no name of a zone',
  },
  { what: "bit", keys: { markBit: 32 }, code: 7, msg: "markBit 32 must be between 0 and 31" },
];

describe("refused before anything is touched", () => {
  test.each(REFUSED)("a wrong $what", async ({ keys, code, msg }) => {
    for (const command of ["ADD", "CHECK", "STATUS"] as const) {
      const { json } = await lab.call(command, { member: lab.member(1), keys });
      expect(json).toMatchObject({ code, msg });
    }
    await lab.done("DEL", { member: lab.member(1), keys });
    expect(await left()).toEqual([]);
  });

  test("no previous result", async () => {
    const call = { member: lab.member(1), prevResult: null };
    expect((await lab.call("ADD", call)).json).toMatchObject({ code: 7 });
    expect((await lab.call("CHECK", call)).json).toMatchObject({ code: 7 });
  });

  test("a policy without a bridge of the host to hold it to", async () => {
    for (const interfaces of [[], [{ name: "eth0", sandbox: "/run/netns/c1" }]]) {
      const prevResult = { cniVersion: "1.0.0", interfaces, ips: [{ address: "10.1.0.9/16" }] };
      const call = { member: lab.member(1), keys: { ingressPolicy: "isolated" }, prevResult };
      expect((await lab.call("ADD", call)).json).toMatchObject({
        code: 7,
        msg: 'interface needs to be set for ingress policy "isolated"',
      });
    }
    expect(await left()).toEqual([]);
  });

  test("a configuration of a version before 0.4.0", async () => {
    const answer = await lab.call("ADD", { member: lab.member(1), cniVersion: "0.3.1" });
    expect(answer.json).toMatchObject({ code: 1 });
  });
});

describe("STATUS", () => {
  test("is fine for what needs nothing", async () => {
    for (const backend of ["", "nftables", "iptables"]) {
      await lab.done("STATUS", { member: lab.member(1), keys: { backend } });
    }
  });

  test("says what the backend lacks, with code 50", async () => {
    const ask = async (backend: string, env: Record<string, string>): Promise<unknown> =>
      (await lab.call("STATUS", { member: lab.member(1), keys: { backend }, env })).json;
    expect(await ask("iptables", { PATH: "/nonexistent" })).toMatchObject({
      code: 50,
      msg: containing("iptables-restore"),
    });
    expect(await ask("firewalld", {})).toMatchObject({
      code: 50,
      msg: containing("firewalld does not run"),
    });
  });
});

test("the plan says what would be made, and makes nothing", async () => {
  const plan = async (keys: object): Promise<string> => {
    const stdin = JSON.stringify(lab.config("ADD", { member: lab.member(1), keys }));
    const { netns } = lab.member(1).container;
    const call = {
      CNI_COMMAND: "ADD",
      CNI_CONTAINERID: "c1",
      CNI_IFNAME: "eth0",
      CNI_NETNS: netns,
    };
    const env = { ...ownEnvironment(), ...call, CNI_PATH: "/nonexistent" };
    const lines = await plugin.plan?.({
      env,
      stdin: () => stdin,
      stdout: () => {},
      stderr: () => {},
    });
    return (lines ?? []).join("\n");
  };
  expect(await plan({ backend: "nftables", ingressPolicy: "isolated" })).toBe(
    "firewall: let through: 10.1.0.11, fd00:10:1::11; ingress policy: isolated, for all behind br0",
  );
  expect(await plan({ backend: "iptables" })).toBe(
    "firewall: iptables rules: 10.1.0.11, fd00:10:1::11 in CNI-FORWARD, behind CNI-ADMIN",
  );
  expect(await plan({ backend: "firewalld" })).toContain(
    "firewalld zone: 10.1.0.11/32, fd00:10:1::11/128 in trusted",
  );
  expect(await left()).toEqual([]);
});
