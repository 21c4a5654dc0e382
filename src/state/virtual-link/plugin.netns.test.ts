import { describe, expect, test } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { has } from "../../../tests/support/features.ts";
import type { Container } from "../../../tests/support/host.ts";
import { DEVICE, hostLab } from "../../../tests/support/host-lab.ts";
import { addressesOf, ipJson, linkOf } from "../../../tests/support/ip.ts";
import { needs } from "../../../tests/support/needs.ts";
import {
  type CallOptions,
  callPlugin,
  ipam,
  type Keys,
} from "../../../tests/support/plugin-call.ts";
import { attachPlugin, CASES, type VirtualLinkCase } from "../../../tests/support/virtual-links.ts";

/** What macvlan, ipvlan, vlan and dummy do alike. */

const lab = hostLab({ device: "up", remembers: "containers" });
const { one } = lab;

async function names(where: Container | undefined): Promise<string[]> {
  return (await ipJson(where, "link", "show")).map(({ ifname }) => ifname);
}

async function expectDel(plugin: VirtualLinkCase["plugin"], keys: Keys, options: CallOptions = {}) {
  const answer = await callPlugin(plugin, "DEL", one, keys, options);
  expect(answer).toMatchObject({ exitCode: 0, json: {} });
}

function ipamVerbs(verbs: string[]): NonNullable<CallOptions["onIpam"]> {
  return ({ operation }) => {
    verbs.push(operation);
  };
}

for (const { type, plugin, keys, needs: features, hasMaster } of CASES) {
  const run = needs(...features);

  describe(`${type}: ADD`, () => {
    run("makes a link with addresses and routes, marked and up, and tells of it", async () => {
      const result = await attachPlugin(plugin, one, { ...keys, ipam: ipam(4, 6) });
      const made = await linkOf(one, "eth0");
      expect(made).toMatchObject({
        linkinfo: { info_kind: type },
        ifalias: "net1 id-one eth0",
        mtu: 1500,
      });
      expect(made.flags).toContain("UP");
      expect(await addressesOf(one, "eth0")).toEqual([
        { address: "10.1.0.2/16", tentative: false },
        { address: "fd00:10:1::2/64", tentative: false },
      ]);
      expect(result).toEqual({
        cniVersion: "1.1.0",
        interfaces: [{ name: "eth0", mac: made.address, mtu: 1500, sandbox: one.netns }],
        ips: [
          { address: "10.1.0.2/16", gateway: "10.1.0.1", interface: 0 },
          { address: "fd00:10:1::2/64", gateway: "fd00:10:1::1", interface: 0 },
        ],
        routes: [{ dst: "0.0.0.0/0" }, { dst: "::/0" }],
      });
      const [route] = await ipJson(one, "route", "show", "default");
      expect(route).toMatchObject({ gateway: "10.1.0.1", dev: "eth0" });
      expect(await names(one)).toEqual(["lo", "eth0"]);
    });

    run("IPAM fails: no link stays, and the next ADD succeeds", async () => {
      const failing: CallOptions["ipam"] = async (io) => {
        await Promise.resolve();
        if (io.env["CNI_COMMAND"] !== "ADD") return 0;
        io.stdout(JSON.stringify({ cniVersion: "1.1.0", code: 142, msg: "no address today" }));
        return 1;
      };
      const { json } = await callPlugin(plugin, "ADD", one, keys, { ipam: failing });
      expect(json).toMatchObject({ code: 142, msg: "no address today" });
      expect(await lab.changes()).toEqual([]);
      await attachPlugin(plugin, one, keys);
    });

    run("a route that cannot be added: nothing stays, the address is given back", async () => {
      const routes = [{ dst: "192.0.2.0/24", gw: "203.0.113.1" }];
      const verbs: string[] = [];
      const wrong = { ...keys, ipam: { ...ipam(4), routes } };
      const options = { onIpam: ipamVerbs(verbs) };
      expect((await callPlugin(plugin, "ADD", one, wrong, options)).json).toMatchObject({
        code: 7,
      });
      expect(verbs).toEqual(["ADD", "DEL"]);
      expect(await lab.changes()).toEqual([]);
    });

    run("the interface's name is taken: an error, and nothing changes", async () => {
      await must(["ip", "-n", "one", "link", "add", "eth0", "type", "bridge"]);
      await lab.remember();
      const { json } = await callPlugin(plugin, "ADD", one, keys);
      expect(json).toMatchObject({
        code: 4,
        msg: 'interface "eth0" already exists in the container',
      });
      expect(await lab.changes()).toEqual([]);
    });

    run("a second ADD of the attachment fails and leaves the first as it is", async () => {
      await attachPlugin(plugin, one, keys);
      await lab.remember();
      const { json } = await callPlugin(plugin, "ADD", one, keys);
      expect(json.code).toBe(type === "vlan" ? 11 : 4);
      expect(await lab.changes()).toEqual([]);
    });

    run("the caller gives up after any of the steps", async () => {
      const seen: string[] = [];
      for (let after = 1; ; after++) {
        const controller = new AbortController();
        const steps: string[] = [];
        const onStep = ({ step }: { step: string }): void => {
          steps.push(step);
          if (steps.length === after) controller.abort(new Error("enough"));
        };
        const signal = controller.signal;
        const answer = await callPlugin(plugin, "ADD", one, keys, { signal, onStep });
        if (answer.exitCode === 0) break;
        expect(answer.json).toMatchObject({ code: 11, msg: "enough" });
        expect(await lab.changes()).toEqual([]);
        seen.push(steps.at(-1) ?? "");
      }
      expect(seen).toEqual([`${type} link`, "addresses", "interface"]);
    });

    run("a namespace that does not exist: code 4, nothing is touched", async () => {
      const { json } = await callPlugin(plugin, "ADD", one, keys, { netns: "/nonexistent/netns" });
      expect(json).toMatchObject({ code: 4 });
      expect(await lab.changes()).toEqual([]);
    });
  });

  describe(`${type}: DEL`, () => {
    run("removes the link and gives the addresses back, twice in a row", async () => {
      const prevResult = await attachPlugin(plugin, one, keys);
      const verbs: string[] = [];
      for (const previous of [{ prevResult }, {}]) {
        await expectDel(plugin, { ...keys, ...previous }, { onIpam: ipamVerbs(verbs) });
        expect(await lab.changes()).toEqual([]);
      }
      expect(verbs).toEqual(["DEL", "DEL"]);
    });

    run(
      "no namespace, and one that is gone: the addresses are given back all the same",
      async () => {
        for (const netns of ["", "/nonexistent/netns", "/etc/hostname"]) {
          await attachPlugin(plugin, one, keys);
          const verbs: string[] = [];
          await expectDel(plugin, keys, { netns, onIpam: ipamVerbs(verbs) });
          expect(verbs).toEqual(["DEL"]);
          await expectDel(plugin, keys);
        }
        expect(await lab.changes()).toEqual([]);
      },
    );

    run("needs neither master nor default route, and reads nothing but ipam", async () => {
      await attachPlugin(plugin, one, keys);
      const broken = { ...keys, master: 7, mode: "x", vlanId: -1, mtu: "x", prevResult: "y" };
      expect((await callPlugin(plugin, "DEL", one, broken)).exitCode).toBe(0);
      expect(await lab.changes()).toEqual([]);
      if (!hasMaster) return;
      await attachPlugin(plugin, one, keys);
      await lab.unplug();
      await expectDel(plugin, keys);
      await expectDel(plugin, { ...keys, master: "" });
      expect(await names(one)).toEqual(["lo"]);
    });

    run("a link of another kind under the name stays", async () => {
      await must(["ip", "-n", "one", "link", "add", "eth0", "type", "bridge"]);
      await lab.remember();
      await expectDel(plugin, keys);
      expect(await lab.changes()).toEqual([]);
    });
  });

  describe(`${type}: CHECK`, () => {
    run("passes after ADD, and names what was changed since", async () => {
      const both = { ...keys, ipam: ipam(4, 6) };
      const prevResult = await attachPlugin(plugin, one, both);
      const check = async () =>
        (await callPlugin(plugin, "CHECK", one, { ...both, prevResult })).json;
      expect(await check()).toEqual({});
      const ip = (words: string): Promise<string> => must(["ip", "-n", "one", ...words.split(" ")]);
      const damages = [
        ["MTU of eth0 is 1400", "link set eth0 mtu 1400", "link set eth0 mtu 1500"],
        ["route to ::/0", "-6 route delete default", "-6 route add default via fd00:10:1::1"],
        ["route to 0.0.0.0/0", "route delete default", "route add default via 10.1.0.1"],
        [
          "address 10.1.0.2/16",
          "address delete 10.1.0.2/16 dev eth0",
          "address add 10.1.0.2/16 dev eth0",
        ],
        ["eth0 is down", "link set eth0 down", "link set eth0 up"],
      ] as const;
      for (const [words, spoil, repair] of damages) {
        await ip(spoil);
        const { code, msg } = await check();
        expect([words, code]).toEqual([words, 100]);
        expect(msg).toContain(words);
        await ip(repair);
      }
      await ip("link delete eth0");
      expect(await check()).toMatchObject({
        code: 100,
        msg: "interface eth0 is missing in the container",
      });
      await ip("link add eth0 type bridge");
      expect(await check()).toMatchObject({
        code: 100,
        msg: `kind of eth0 is bridge and not ${type}`,
      });
    });

    run("the MAC is the one that was promised", async () => {
      const prevResult = await attachPlugin(plugin, one, keys);
      const [own] = prevResult.interfaces ?? [];
      const other = [{ ...own, mac: "02:00:00:00:00:99" }];
      const changed = { ...keys, prevResult: { ...prevResult, interfaces: other } };
      const { json } = await callPlugin(plugin, "CHECK", one, changed);
      expect(json.code).toBe(100);
      expect(json.msg).toContain(`MAC of eth0 is ${own?.mac}`);
    });
  });

  describe(`${type}: GC, STATUS, plan`, () => {
    run("GC takes a stray link of the host by its mark, and asks IPAM", async () => {
      const words = hasMaster ? ["link", DEVICE] : [];
      const id = type === "vlan" ? ["id", "9"] : [];
      for (const [name, mark] of [
        ["stale", "net1 gone eth0"],
        ["valid", "net1 id-two eth0"],
        ["other", "net2 gone eth0"],
      ] as const) {
        if (type === "vlan" && name !== "stale") id[1] = name === "valid" ? "10" : "11";
        await must(["ip", "link", "add", ...words, "name", name, "type", type, ...id]);
        await must(["ip", "link", "set", "dev", name, "alias", mark]);
      }
      const verbs: string[] = [];
      const valid = [{ containerID: "id-two", ifname: "eth0" }];
      const request = { ...keys, "cni.dev/valid-attachments": valid };
      const answer = await callPlugin(plugin, "GC", one, request, { onIpam: ipamVerbs(verbs) });
      expect(answer.exitCode).toBe(0);
      expect(verbs).toEqual(["GC"]);
      const left = await names(undefined);
      expect(["stale", "valid", "other"].filter((name) => left.includes(name))).toEqual([
        "valid",
        "other",
      ]);
      for (const name of ["valid", "other"]) await must(["ip", "link", "delete", name]);
    });

    run("STATUS is well, asks IPAM, and touches nothing", async () => {
      const verbs: string[] = [];
      const answer = await callPlugin(plugin, "STATUS", one, keys, { onIpam: ipamVerbs(verbs) });
      expect(answer).toMatchObject({ exitCode: 0, json: {} });
      expect(verbs).toEqual(["STATUS"]);
      expect(await lab.changes()).toEqual([]);
    });

    run("plan tells the steps and touches nothing", async () => {
      const lines = await plugin.plan?.({
        env: {
          CNI_COMMAND: "ADD",
          CNI_CONTAINERID: "id-one",
          CNI_NETNS: one.netns,
          CNI_IFNAME: "eth0",
          CNI_PATH: "/nonexistent/cni",
        },
        stdin: () => JSON.stringify({ cniVersion: "1.1.0", name: "net1", type, ...keys }),
        stdout: () => undefined,
        stderr: () => undefined,
      });
      expect(lines?.map((line) => line.split(":")[0])).toEqual([
        `${type} link`,
        "addresses",
        "interface",
        "announcement",
      ]);
      expect(await lab.changes()).toEqual([]);
    });
  });
}

for (const { type, plugin, keys } of CASES) {
  if (has(`kernel:${type}`)) continue;
  test(`${type}: a kernel without such links: ADD and STATUS say so (50), and nothing stays`, async () => {
    for (const verb of ["ADD", "STATUS"] as const) {
      expect((await callPlugin(plugin, verb, one, keys)).json).toMatchObject({
        code: 50,
        msg: `the kernel of this host has no ${type} links`,
      });
    }
    expect(await lab.changes()).toEqual([]);
  });
}
