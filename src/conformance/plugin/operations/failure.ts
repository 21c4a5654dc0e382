import { NotTried } from "../../check.ts";
import { expect, expectError, expectSuccess } from "../answer.ts";
import type { Container } from "../container.ts";
import { delegates, needsVersion, onlyFor, type PluginCheck, unless } from "../define.ts";
import { addresses, links } from "../observe.ts";
import type { PluginScene } from "../scene.ts";
import { inShape } from "../shape.ts";
import { addNeighbour, addressesOn, NEIGHBOUR, plainPrefix, remember } from "./attached.ts";

/** ADD that cannot succeed: it fails, and host, container and IPAM are as they were. */

const FAILURE = { cniVersion: "1.0.0", code: 11, msg: "conformance wants this to fail" };
const makesInterface = unless(onlyFor("interface"), ({ adjusts }) =>
  adjusts === true ? "it adjusts an interface that is there" : undefined,
);
/** The host's own, as each process of the world sees it. */
const HOST_NETNS = "/proc/1/ns/net";

export const FAILURES: readonly PluginCheck[] = [
  {
    name: "add-where-the-name-is-taken",
    rule: "R41",
    level: "MUST",
    tries: "makes a link CNI_IFNAME in the container, and calls ADD",
    profile: "quick",
    unfit: makesInterface,
    async run(scene) {
      const container = await withTakenName(scene);
      expectError(await scene.call("ADD", { container }), "ADD where the name is taken");
    },
  },
  {
    name: "add-where-the-name-is-taken-leaves-no-trace",
    rule: "R41",
    level: "SHOULD",
    tries: "makes a link CNI_IFNAME in the container, calls ADD, and compares",
    profile: "quick",
    unfit: makesInterface,
    async run(scene) {
      await addNeighbour(scene);
      const container = await withTakenName(scene);
      await failsWithoutATrace(scene, container, "ADD where the name is taken");
    },
  },
  {
    name: "add-again-leaves-the-first",
    rule: "R41",
    level: "SHOULD",
    tries: "calls ADD twice for one attachment, and looks at the first one's interface",
    profile: "full",
    unfit: makesInterface,
    run: againLeavesTheFirst,
  },
  {
    name: "add-without-a-namespace",
    rule: "R26",
    level: "MUST",
    tries: "calls ADD with a CNI_NETNS that does not exist",
    profile: "quick",
    unfit: onlyFor("interface"),
    async run(scene) {
      const container = await withoutNamespace(scene);
      expectError(await scene.call("ADD", { container }), "ADD without a namespace");
    },
  },
  {
    name: "add-without-a-namespace-leaves-no-trace",
    rule: "R100",
    level: "SHOULD",
    tries: "calls ADD with a CNI_NETNS that does not exist, and compares",
    profile: "full",
    unfit: onlyFor("interface"),
    async run(scene) {
      await addNeighbour(scene);
      const container = await withoutNamespace(scene);
      await failsWithoutATrace(scene, container, "ADD without a namespace");
    },
  },
  {
    name: "add-in-the-hosts-namespace",
    rule: "R30",
    level: "SHOULD",
    tries: "calls ADD with a CNI_NETNS that leads to the host's own namespace, and compares",
    profile: "full",
    unfit: onlyFor("interface"),
    async run(scene) {
      await addNeighbour(scene);
      const container = { ...(await scene.container()), netns: HOST_NETNS };
      await failsWithoutATrace(scene, container, "ADD in the host's namespace");
    },
  },
  {
    name: "add-in-the-hosts-namespace-has-its-code",
    rule: "R30",
    level: "SHOULD",
    tries: "calls ADD with a CNI_NETNS that leads to the host's own namespace",
    profile: "full",
    unfit: onlyFor("interface"),
    async run(scene) {
      const container = { ...(await scene.container()), netns: HOST_NETNS };
      const answer = await scene.call("ADD", { container });
      expectError(answer, "ADD in the host's namespace", { codes: [8] });
    },
  },
  ...WITH_A_DELEGATE(),
  {
    name: "add-without-prevresult-leaves-no-trace",
    rule: "R100",
    level: "SHOULD",
    tries: "calls ADD of a chained plugin without prevResult, and compares if it fails",
    profile: "full",
    unfit: unless(onlyFor("chained"), needsVersion("0.3.0")),
    async run(scene) {
      await addNeighbour(scene);
      const container = await scene.container();
      const isAsBefore = await remember(scene, [NEIGHBOUR, container.name]);
      const config = { prevResult: undefined };
      const { exitCode } = await scene.call("ADD", { container, config });
      if (exitCode === 0) throw new NotTried("it works without prevResult");
      await isAsBefore("ADD without prevResult");
    },
  },
];

/** Failures in which an IPAM plugin takes part. */
function WITH_A_DELEGATE(): PluginCheck[] {
  return [
    {
      name: "add-where-ipam-fails-leaves-no-trace",
      rule: "R100",
      level: "SHOULD",
      tries: "calls ADD where IPAM fails, and compares",
      profile: "quick",
      unfit: delegates,
      async run(scene) {
        await addNeighbour(scene);
        scene.stub.failOn("ADD", FAILURE);
        await failsWithoutATrace(scene, await scene.container(), "ADD where IPAM fails");
      },
    },
    {
      name: "add-where-ipam-fails-calls-its-del",
      rule: "R100",
      level: "SHOULD",
      tries: "calls ADD where IPAM fails, and looks whether IPAM got DEL",
      profile: "quick",
      unfit: delegates,
      async run(scene) {
        scene.stub.failOn("ADD", FAILURE);
        const answer = await scene.call("ADD", { container: await scene.container() });
        expectError(answer, "ADD where IPAM fails");
        const calls = scene.stub.calls().map(({ command }) => command);
        expect(calls.includes("DEL"), "IPAM is called with DEL after its ADD failed", calls);
      },
    },
    {
      name: "add-that-fails-behind-ipam-releases-the-address",
      rule: "R100",
      level: "SHOULD",
      tries: "calls ADD where IPAM gives a route that the kernel refuses, and compares",
      profile: "quick",
      unfit: delegates,
      async run(scene) {
        await addNeighbour(scene);
        const held = scene.stub.reserved().length;
        const ips = [{ address: "10.245.0.9/24" }];
        const routes = [{ dst: "10.249.0.0/16", gw: "192.0.2.1" }]; // No way leads to this router.
        scene.stub.answer(JSON.stringify(inShape(scene.version, { ips, routes })));
        const container = await scene.container();
        const isAsBefore = await remember(scene, [NEIGHBOUR, container.name]);
        const answer = await scene.call("ADD", { container });
        if (answer.exitCode === 0) throw new NotTried("it takes a route that the kernel refuses");
        await isAsBefore("ADD with a route that the kernel refuses");
        const now = scene.stub.reserved();
        expect(now.length === held, "the address is released at IPAM", now);
      },
    },
    {
      name: "add-works-after-a-failed-one",
      rule: "R100",
      level: "SHOULD",
      tries: "calls ADD where IPAM fails, then DEL and ADD where it does not",
      profile: "full",
      unfit: delegates,
      async run(scene) {
        const container = await scene.container();
        scene.stub.failOn("ADD", FAILURE);
        expectError(await scene.call("ADD", { container }), "ADD where IPAM fails");
        scene.stub.succeedOn("ADD");
        expectSuccess(await scene.call("DEL", { container }), "DEL after a failed ADD");
        expectSuccess(await scene.call("ADD", { container }), "ADD after a failed one");
      },
    },
  ];
}

/** A container that has a link of this name before the subject comes. */
async function withTakenName(scene: PluginScene): Promise<Container> {
  const container = await scene.container();
  const { name, ifName } = container;
  const link = ["link", "add", ifName, "type", "veth", "peer", "name", "taken1"];
  await scene.world.must(["ip", "-n", name, ...link]);
  return container;
}

/** A container whose path leads nowhere. */
async function withoutNamespace(scene: PluginScene): Promise<Container> {
  return { ...(await scene.container()), netns: "/run/netns/conformance-none" };
}

async function failsWithoutATrace(
  scene: PluginScene,
  container: Container,
  what: string,
): Promise<void> {
  const held = scene.stub.reserved();
  const isAsBefore = await remember(scene, [NEIGHBOUR, container.name]);
  expectError(await scene.call("ADD", { container }), what);
  await isAsBefore(what);
  const now = scene.stub.reserved();
  expect(now.length === held.length, `${what} leaves no address at IPAM`, now);
}

async function againLeavesTheFirst(scene: PluginScene): Promise<void> {
  const added = await scene.add();
  const { container } = added;
  await scene.call("ADD", { container });
  const names = (await links(scene.world, container.name)).map(({ name }) => name);
  expect(names.includes(container.ifName), `${container.ifName} is still there`, names);
  const there = await addresses(scene.world, container.name, container.ifName);
  const missing = addressesOn(added).filter((one) => !there.map(plainPrefix).includes(one));
  expect(missing.length === 0, `its addresses ${missing.join(", ")} are still there`, there);
}
