import { describe, expect, test } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { ipJson } from "../../../tests/support/ip.ts";
import { type CallOptions, ipam } from "../../../tests/support/plugin-call.ts";
import { pluginLab } from "../../../tests/support/plugin-lab.ts";
import { leaks } from "../../../tests/support/shared-objects.ts";
import { diff } from "../../../tests/support/snapshot.ts";
import { plugin } from "./index.ts";

const lab = pluginLab(plugin, { remembers: "containers" });
const { one } = lab;

/** What is different since the test began; host-local's own files do not count. */
async function changes(): Promise<string[]> {
  const all = await lab.differences();
  return all.filter((line) => leaks([line]).length > 0 || !line.includes("/var/lib/cni/"));
}

/** Empty directories of state, and the bare tables of the layouts that iptables and others share. */
function isSharedAnyway(line: string): boolean {
  return (
    leaks([line]).length === 0 && !line.includes('"ifname":"cni0"') && !line.includes("hawser_")
  );
}

type Entry = NonNullable<CallOptions["ipam"]>;

/** An IPAM plugin that answers ADD with this text, and notes each verb. */
function ipamAnswering(answer: object, verbs: string[], exitCode = 0): Entry {
  return async (io) => {
    const verb = io.env["CNI_COMMAND"] ?? "";
    verbs.push(verb);
    await Promise.resolve();
    if (verb === "ADD") io.stdout(JSON.stringify(answer));
    return verb === "ADD" ? exitCode : 0;
  };
}

const FULL = {
  isGateway: true,
  ipMasq: true,
  macspoofchk: true,
  promiscMode: true,
  ipam: ipam(4, 6),
};

describe("a failed ADD leaves the host exactly as it was", () => {
  test("own: a namespace that does not exist, or is none: no stray bridge", async () => {
    for (const netns of ["/nonexistent/netns", "/etc/hostname"]) {
      const { json } = await lab.call("ADD", FULL, { netns });
      expect(json).toMatchObject({ code: 4 });
      expect(await changes()).toEqual([]);
    }
  });

  test("29: IPAM fails: no veth stays, and the next ADD succeeds", async () => {
    const verbs: string[] = [];
    const error = { cniVersion: "1.1.0", code: 142, msg: "no address today" };
    const failing = ipamAnswering(error, verbs, 1);
    const { json } = await lab.call("ADD", FULL, { ipam: failing });
    expect(json).toMatchObject({ code: 142, msg: "no address today" });
    expect(verbs).toEqual(["ADD", "DEL"]);
    expect(await changes()).toEqual([]);
    await lab.add(FULL);
  });

  test("29: IPAM gives no address", async () => {
    const verbs: string[] = [];
    const none = ipamAnswering({ cniVersion: "1.1.0", ips: [] }, verbs);
    const { json } = await lab.call("ADD", FULL, { ipam: none });
    expect(json).toMatchObject({ msg: "IPAM plugin returned missing IP config" });
    expect(verbs).toEqual(["ADD", "DEL"]);
    expect(await changes()).toEqual([]);
  });

  test("the interface's name is taken in the container", async () => {
    await must(["ip", "-n", "one", "link", "add", "eth0", "type", "veth", "peer", "name", "other"]);
    await lab.remember();
    const { json } = await lab.call("ADD", FULL);
    expect(json).toMatchObject({ code: 4, msg: 'container veth name ("eth0") already exists' });
    expect(await changes()).toEqual([]);
  });

  test("1029: the attachment exists already: its links and address stay", async () => {
    await lab.add(FULL);
    const before = await lab.host.snapshot([one]);
    const { json } = await lab.call("ADD", FULL);
    expect(json).toMatchObject({ code: 4, msg: 'container veth name ("eth0") already exists' });
    expect(diff(before, await lab.host.snapshot([one]))).toEqual([]);
  });

  test("a route that cannot be added", async () => {
    const routes = [{ dst: "192.0.2.0/24", gw: "203.0.113.1" }];
    const keys = { ...FULL, ipam: { ...ipam(4, 6), routes } };
    const { json } = await lab.call("ADD", keys);
    expect(json).toMatchObject({ code: 7 });
    expect(json.msg).toContain("failed to add route 192.0.2.0/24");
    expect(await changes()).toEqual([]);
  });

  test("the bridge has another address", async () => {
    await must(["ip", "link", "add", "cni0", "type", "bridge"]);
    await must(["ip", "address", "add", "10.99.0.1/16", "dev", "cni0"]);
    await must(["ip", "link", "set", "dev", "cni0", "up"]);
    await lab.remember();
    const { json } = await lab.call("ADD", { ...FULL, promiscMode: false });
    expect(json.msg).toContain("already has an IP address different from");
    expect(await changes()).toEqual([]);
  });

  test("masquerading by a program that is not installed", async () => {
    const keys = { ...FULL, ipMasqBackend: "iptables" };
    const { json } = await lab.call("ADD", keys, { env: { PATH: "/nonexistent" } });
    expect(json).toMatchObject({ code: 50 });
    expect(await changes()).toEqual([]);
  });

  test("the record of masqueraded addresses cannot be written", async () => {
    const { json } = await lab.call("ADD", FULL, {
      env: { HAWSER_STATE_DIR: "/proc/nothing" },
    });
    expect(json).toMatchObject({ code: 5 });
    expect(await changes()).toEqual([]);
  });

  test("the interface vanishes while IPAM works", async () => {
    const onIpam = async ({ operation }: { operation: string }): Promise<void> => {
      if (operation === "ADD") await must(["ip", "-n", "one", "link", "delete", "eth0"]);
    };
    const { exitCode } = await lab.call("ADD", FULL, { onIpam });
    expect(exitCode).toBe(1);
    expect(await changes()).toEqual([]);
  });

  for (const backend of ["own", "iptables", "nftables"]) {
    test(`the caller gives up after any of the steps (masquerading: ${backend})`, async () => {
      const keys = backend === "own" ? FULL : { ...FULL, ipMasqBackend: backend };
      const seen: string[] = [];
      for (let after = 1; ; after++) {
        const controller = new AbortController();
        const steps: string[] = [];
        const onStep = ({ step }: { step: string }): void => {
          steps.push(step);
          if (steps.length === after) controller.abort(new Error("enough"));
        };
        const answer = await lab.call("ADD", keys, { signal: controller.signal, onStep });
        if (answer.exitCode === 0) break;
        expect(answer.json).toMatchObject({ code: 11, msg: "enough" });
        const left = (await changes()).filter((line) => !isSharedAnyway(line));
        expect([steps.at(-1), left]).toEqual([steps.at(-1), []]);
        seen.push(steps.at(-1) ?? "");
      }
      expect(seen).toEqual([
        ...["bridge", "veth pair", "source check", "bridge port", "addresses", "interface"],
        ...["gateway", "forwarding", "masquerade", "bridge port ready"],
      ]);
    });
  }

  test("what others share stays: a second container's failure touches nothing of the first", async () => {
    await lab.add(FULL);
    const two = await lab.host.container("two");
    const before = await lab.host.snapshot([one, two]);
    const routes = [{ dst: "192.0.2.0/24", gw: "203.0.113.1" }];
    const keys = { ...FULL, ipam: { ...ipam(4, 6), routes } };
    expect(await lab.call("ADD", keys, { container: two })).toMatchObject({ exitCode: 1 });
    const after = diff(before, await lab.host.snapshot([one, two]));
    expect(after.filter((line) => !/last_reserved_ip|\.hawser\//.test(line))).toEqual([]);
    expect((await ipJson(undefined, "link", "show", "master", "cni0")).length).toBe(1);
    await lab.host.remove(two);
  });
});
