import { afterAll, afterEach, beforeAll, describe, expect } from "bun:test";
import { join } from "node:path";
import { containing } from "../../../tests/faults/words.ts";
import { must } from "../../../tests/support/exec.ts";
import { has } from "../../../tests/support/features.ts";
import { type FirewallCall, FirewallLab } from "../../../tests/support/firewall-lab.ts";
import { Firewalld } from "../../../tests/support/firewalld.ts";
import { requireOwnNamespaces } from "../../../tests/support/namespaces.ts";
import { needs, skipBecause } from "../../../tests/support/needs.ts";
import {
  debianPlugins,
  newestPlugins,
  type PluginSet,
} from "../../../tests/support/plugin-sets.ts";
import type { Operation } from "../../spec/index.ts";

requireOwnNamespaces();

// Debian's firewalld on a bus of its own.

const NEEDS = ["root", "firewalld", "dbus-daemon", "dbus-send"];
const test = needs(...NEEDS);

const lab = new FirewallLab();
let firewalld: Firewalld;
beforeAll(async () => {
  if (!NEEDS.every(has)) return;
  await lab.open();
  firewalld = await Firewalld.create();
}, 60_000);
afterEach(async () => {
  if (firewalld === undefined) return;
  await lab.clear([...OURS, ...IPTABLES]);
  await firewalld.restore();
}, 60_000);
afterAll(async () => {
  await firewalld?.end();
  await lab.close();
});

function call(number: 1 | 2 | 3 = 1, keys: object = {}): FirewallCall {
  return { member: lab.member(number), keys, env: firewalld.env };
}

async function getsOut(number: 1 | 2 | 3): Promise<boolean> {
  return await lab.reaches(lab.member(number).agent, lab.outside.address4);
}

const OURS = ["inet hawser_firewall"];
const IPTABLES = ["ip filter", "ip6 filter"];
const ONE = ["10.1.0.11/32", "fd00:10:1::11/128"];

describe.each([{ keys: {} }, { keys: { backend: "firewalld" } }])(
  "where firewalld runs: $keys",
  ({ keys }) => {
    test("it lets the container through, from ADD to DEL", async () => {
      expect(await getsOut(1)).toBe(false);
      await lab.done("ADD", call(1, keys));
      expect(await firewalld.sources("trusted")).toEqual(ONE);
      expect(await getsOut(1)).toBe(true);
      await lab.done("CHECK", call(1, keys));
      await lab.done("ADD", call(1, keys));
      await lab.done("STATUS", call(1, keys));
      await lab.done("DEL", call(1, keys));
      expect(await firewalld.sources("trusted")).toEqual([]);
      expect(await getsOut(1)).toBe(false);
      await lab.done("DEL", call(1, keys));
    });

    test("and iptables, too, where its FORWARD drops", async () => {
      await must(["iptables", "-P", "FORWARD", "DROP"]);
      await lab.done("ADD", call(1, keys));
      expect(await getsOut(1)).toBe(true);
    });

    test("CHECK names a source that a restart has lost, and the next ADD brings it back", async () => {
      await lab.done("ADD", call(1, keys));
      await firewalld.stop();
      await firewalld.start();
      const { json } = await lab.call("CHECK", call(1, keys));
      expect(json).toMatchObject({
        code: 100,
        msg: "firewalld: zone trusted has no source 10.1.0.11/32",
      });
      await lab.done("ADD", call(1, keys));
      await lab.done("CHECK", call(1, keys));
      expect(await getsOut(1)).toBe(true);
    });

    test("DEL and GC do without it", async () => {
      await lab.done("ADD", call(1, keys));
      await lab.done("ADD", call(2, keys));
      await firewalld.stop();
      await lab.done("DEL", call(1, keys));
      await lab.done("GC", call(2, keys));
      expect(await must(["nft", "list", "ruleset"])).not.toContain("hawser");
    });

    test("a late DEL leaves the source to a newer container; DEL needs no previous result", async () => {
      await lab.done("ADD", { ...call(1, keys), containerId: "older" });
      await lab.done("ADD", { ...call(1, keys), containerId: "newer" });
      await lab.done("DEL", { ...call(1, keys), containerId: "older" });
      expect(await firewalld.sources("trusted")).toEqual(ONE);
      await lab.done("CHECK", { ...call(1, keys), containerId: "newer" });
      await lab.done("DEL", { ...call(1, keys), containerId: "newer", prevResult: null });
      expect(await firewalld.sources("trusted")).toEqual([]);
    });

    test("GC takes away the sources of containers that are not valid", async () => {
      await lab.done("ADD", call(1, keys));
      await lab.done("ADD", call(2, keys));
      await lab.done("GC", { ...call(1, keys), valid: [{ containerID: "c2", ifname: "eth0" }] });
      expect(await firewalld.sources("trusted")).toEqual(["10.1.0.12/32", "fd00:10:1::12/128"]);
    });

    test("ingress policies hold", async () => {
      const guarded = { ...keys, ingressPolicy: "same-bridge" };
      await lab.done("ADD", call(1, guarded));
      await lab.done("ADD", call(3, guarded));
      expect(await lab.reaches(lab.member(1).agent, lab.member(3).address4)).toBe(false);
      expect(await getsOut(1)).toBe(true);
      await lab.done("CHECK", call(1, guarded));
    });
  },
);

describe("what firewalld refuses", () => {
  test("a zone that it does not have is a mistake of the configuration", async () => {
    const { json } = await lab.call("ADD", call(1, { firewalldZone: "nowhere" }));
    expect(json).toMatchObject({ code: 7, msg: containing("INVALID_ZONE") });
    expect(await must(["nft", "list", "ruleset"])).not.toContain("hawser");
  });

  test("an address that is in another zone; the other address goes again", async () => {
    await firewalld.addSource("public", "fd00:10:1::11/128");
    const { json } = await lab.call("ADD", call());
    expect(json).toMatchObject({ code: 5, msg: containing("ZONE_CONFLICT") });
    expect(await firewalld.sources("trusted")).toEqual([]);
    expect(await firewalld.sources("public")).toEqual(["fd00:10:1::11/128"]);
  });
});

describe.each([debianPlugins(), newestPlugins()])(
  "beside the firewall of $name",
  (set: PluginSet) => {
    const missing = NEEDS.find((feature) => !has(feature)) ?? set.missing;
    const both = skipBecause(missing);
    const theirs = async (command: Operation): Promise<void> => {
      const answer = await lab.callProgram(join(set.dir, "firewall"), command, call());
      expect(answer).toBe("");
    };

    both("what they add we remove", async () => {
      await theirs("ADD");
      expect(await firewalld.sources("trusted")).toEqual(ONE);
      await lab.done("DEL", call());
      expect(await firewalld.sources("trusted")).toEqual([]);
    });

    both("what we add they check and remove", async () => {
      await lab.done("ADD", call());
      await theirs("CHECK");
      await theirs("DEL");
      expect(await firewalld.sources("trusted")).toEqual([]);
      await lab.done("DEL", call());
    });
  },
);
