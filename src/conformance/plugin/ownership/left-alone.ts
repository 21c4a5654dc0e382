import { expect, expectError, expectSuccess } from "../answer.ts";
import type { Container } from "../container.ts";
import { delegates, needsVersion, onlyFor, type PluginCheck, unless } from "../define.ts";
import { addresses, links } from "../observe.ts";
import { addSecondInterface, expectWhole, tryDel } from "../operations/attached.ts";
import { listOf, type PluginScene } from "../scene.ts";

/** What is another's stays: reservations, links, and switches of the host. */

const touchesLinks = onlyFor("interface", "chained");
const isItsOwn: NonNullable<PluginCheck["unfit"]> = ({ adjusts }) =>
  adjusts === true ? "it makes no interface" : undefined;
const makesLinks = unless(touchesLinks, isItsOwn);

/** A veth pair in the host's namespace, or in a container. */
async function makeLink(scene: PluginScene, at: string | undefined, name: string): Promise<void> {
  const ip = at === undefined ? ["ip"] : ["ip", "-n", at];
  const pair = ["link", "add", name, "type", "veth", "peer", "name", `${name}peer`];
  await scene.world.must([...ip, ...pair]);
  for (const end of [name, `${name}peer`]) {
    await scene.world.must([...ip, "link", "set", end, "up"]);
  }
}

async function expectHostLink(scene: PluginScene, name: string, what: string): Promise<void> {
  const names = (await links(scene.world)).map((link) => link.name);
  expect(names.includes(name), `${what} leaves the host's link ${name}`, names);
}

function key({ containerId, ifName }: Container): string {
  return `${containerId}--${ifName}`;
}

function expectReserved(scene: PluginScene, container: Container, what: string): void {
  const reserved = scene.stub.reserved();
  const expected = `${what} leaves the address of ${key(container)} reserved`;
  expect(reserved.includes(key(container)), expected, reserved);
}

export const LEFT_ALONE: readonly PluginCheck[] = [
  {
    name: "add-leaves-other-links-of-the-container",
    rule: "R38",
    level: "SHOULD",
    tries: "makes another link in the container, up and with an address, and calls ADD",
    profile: "full",
    unfit: touchesLinks,
    async run(scene) {
      const container = await scene.container();
      const { name } = container;
      await makeLink(scene, name, "other0");
      await scene.world.must(["ip", "-n", name, "addr", "add", "192.0.2.9/24", "dev", "other0"]);
      await scene.add(container);
      const other = (await links(scene.world, name)).find((link) => link.name === "other0");
      expect(other?.isUp === true, "other0 is up after ADD as before", other ?? "it is gone");
      const there = await addresses(scene.world, name, "other0");
      expect(there.includes("192.0.2.9/24"), "192.0.2.9/24 on other0 after ADD", there);
    },
  },
  {
    name: "the-interface-is-up",
    rule: "R38",
    level: "SHOULD",
    tries: "calls ADD, and looks whether the interface, and its other end on the host, are up",
    profile: "full",
    unfit: touchesLinks,
    async run(scene) {
      const { container, result } = await scene.add();
      const inside = await links(scene.world, container.name);
      const link = inside.find(({ name }) => name === container.ifName);
      expect(link?.isUp === true, `${container.ifName} is up`, link ?? "it is gone");
      const outside = (await links(scene.world)).filter(({ name }) => {
        return listOf(result, "interfaces").some((one) => one["name"] === name && !one["sandbox"]);
      });
      const down = outside.filter(({ isUp }) => !isUp).map(({ name }) => name);
      expect(down.length === 0, "the links of the host that the result has are up", down);
    },
  },
  {
    name: "forwarding-of-the-host-stays-on",
    rule: "R44",
    level: "SHOULD",
    tries: "switches forwarding of the host on, calls ADD and DEL, and looks at it",
    profile: "full",
    async run(scene) {
      const file = "/proc/sys/net/ipv4/ip_forward";
      await scene.world.must(["sh", "-c", `echo 1 >${file}`]);
      const added = await scene.add();
      for (const what of ["ADD", "DEL"]) {
        if (what === "DEL") await scene.del(added);
        const came = (await scene.world.must(["cat", file])).trim();
        expect(came === "1", `net.ipv4.ip_forward is 1 after ${what}`, came);
      }
    },
  },
  {
    name: "del-leaves-a-link-of-the-host-with-the-interfaces-name",
    rule: "R44",
    level: "MUST",
    tries: "makes a link of the name CNI_IFNAME on the host, and calls DEL without a namespace",
    profile: "full",
    unfit: makesLinks,
    async run(scene) {
      await makeLink(scene, undefined, scene.ifName);
      const added = await scene.add();
      await scene.world.must(["ip", "netns", "del", added.container.name]);
      const config = { prevResult: added.result };
      for (const netns of [added.container.netns, ""]) {
        const { container } = added;
        const env = { CNI_NETNS: netns };
        await scene.call("DEL", { container, config, env });
        await expectHostLink(scene, scene.ifName, "DEL without a namespace");
      }
    },
  },
  {
    name: "del-leaves-links-that-prevresult-names",
    rule: "R44",
    level: "SHOULD",
    tries:
      "calls DEL with a prevResult that names a link of the host that the subject did not make",
    profile: "full",
    unfit: unless(makesLinks, needsVersion("0.4.0")),
    async run(scene) {
      await makeLink(scene, undefined, "operator0");
      const { container, result } = await scene.add();
      const interfaces = [...listOf(result, "interfaces"), { name: "operator0" }];
      const answer = await tryDel(scene, { container, result: { ...result, interfaces } });
      expectSuccess(answer);
      await expectHostLink(scene, "operator0", "DEL");
    },
  },
  {
    name: "del-leaves-reservations-of-other-containers",
    rule: "R44",
    level: "MUST",
    tries: "calls ADD for two containers and DEL for one, and looks what IPAM has released",
    profile: "full",
    unfit: delegates,
    async run(scene) {
      const kept = await scene.add(await scene.container("c1"));
      const added = await scene.add(await scene.container("c2"));
      await scene.del(added);
      expectReserved(scene, kept.container, "DEL of another container");
    },
  },
  {
    name: "del-leaves-reservations-of-other-interfaces",
    rule: "R44",
    level: "MUST",
    tries: "calls ADD for two interfaces of a container and DEL for one, and looks at IPAM",
    profile: "full",
    unfit: delegates,
    async run(scene) {
      const added = await scene.add();
      const kept = await addSecondInterface(scene, added.container);
      await scene.del(added);
      expectReserved(scene, kept.container, "DEL of another interface");
    },
  },
  {
    name: "gc-keeps-the-interface-that-is-valid",
    rule: "R68",
    level: "MUST",
    tries: "calls ADD for two interfaces of a container, and GC with the second one valid",
    profile: "full",
    unfit: unless(isItsOwn, needsVersion("1.1.0")),
    async run(scene) {
      const first = await scene.add();
      const kept = await addSecondInterface(scene, first.container);
      expectSuccess(await scene.gc([kept.container]), "GC");
      await expectWhole(scene, kept, "after GC with this interface valid");
    },
  },
  {
    name: "gc-takes-the-interface-that-is-stale",
    rule: "R65",
    level: "SHOULD",
    tries: "calls ADD for two interfaces of a container, GC with one valid, and CHECK of the other",
    profile: "full",
    unfit: unless(onlyFor("ipam"), needsVersion("1.1.0"), ({ checkIsBlind }) => checkIsBlind),
    async run(scene) {
      const kept = await scene.add();
      const stale = await addSecondInterface(scene, kept.container);
      expectSuccess(await scene.gc([kept.container]), "GC");
      expectError(await scene.check(stale), "CHECK of what GC has collected");
    },
  },
];
