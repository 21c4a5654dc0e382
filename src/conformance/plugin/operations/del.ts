import { Finding } from "../../check.ts";
import { expect, expectSuccess } from "../answer.ts";
import { delegates, needsVersion, onlyFor, type PluginCheck, unless } from "../define.ts";
import { links } from "../observe.ts";
import type { Added, PluginScene } from "../scene.ts";
import {
  addNeighbour,
  addSecondInterface,
  expectGone,
  expectWhole,
  hostLinks,
  NEIGHBOUR,
  newHostLinks,
  remember,
  tryDel,
} from "./attached.ts";

/** DEL: what ADD made is gone, whatever else is gone already, and nothing but that. */

const makesInterface = unless(onlyFor("interface"), ({ adjusts }) =>
  adjusts === true ? "the interface stays" : undefined,
);

export const DEL: readonly PluginCheck[] = [
  {
    name: "del-three-times",
    rule: "R48",
    level: "MUST",
    tries: "calls ADD, then DEL three times",
    profile: "quick",
    async run(scene) {
      const added = await scene.add();
      for (const time of ["first", "second", "third"]) {
        expectSuccess(await tryDel(scene, added), `the ${time} DEL`);
      }
    },
  },
  {
    name: "del-removes-the-interface",
    rule: "R44",
    level: "SHOULD",
    tries: "calls ADD and DEL, and looks for CNI_IFNAME in the container",
    profile: "quick",
    unfit: makesInterface,
    async run(scene) {
      const added = await scene.add();
      await scene.del(added);
      await expectGone(scene, added.container);
    },
  },
  {
    name: "del-leaves-no-trace",
    rule: "R44",
    level: "SHOULD",
    tries: "calls ADD and DEL beside another attachment, and compares host and container",
    profile: "quick",
    async run(scene) {
      await addNeighbour(scene);
      const container = await scene.container();
      const isAsBefore = await remember(scene, [NEIGHBOUR, container.name]);
      await scene.del(await scene.add(container));
      await isAsBefore("DEL");
    },
  },
  {
    name: "del-leaves-the-given-links",
    rule: "R44",
    level: "SHOULD",
    tries: "calls ADD and DEL, and looks for the links of the host that it was given",
    profile: "full",
    unfit: ({ links: given = [] }) => (given.length > 0 ? undefined : "it is given no links"),
    async run(scene) {
      await scene.del(await scene.add());
      const names = await hostLinks(scene);
      const missing = (scene.subject.links ?? []).filter((name) => !names.includes(name));
      expect(missing.length === 0, `${missing.join(", ")} on the host again`, names);
    },
  },
  {
    name: "del-leaves-other-attachments",
    rule: "R44",
    level: "MUST",
    tries: "calls ADD for two containers, and DEL for one",
    profile: "quick",
    async run(scene) {
      const kept = await addNeighbour(scene);
      const added = await scene.add();
      await scene.del(added);
      await expectWhole(scene, kept, "after DEL of another container");
    },
  },
  {
    name: "del-leaves-the-other-interface",
    rule: "R44",
    level: "MUST",
    tries: "calls ADD for two interfaces of one container, and DEL for the first",
    profile: "full",
    unfit: unless(onlyFor("interface", "ipam"), ({ adjusts, wired }) =>
      adjusts === true || wired !== undefined ? "it has one interface only" : undefined,
    ),
    async run(scene) {
      const first = await scene.add();
      const second = await addSecondInterface(scene, first.container);
      await scene.del(first);
      await expectWhole(scene, second, "after DEL of the container's other interface");
    },
  },
  ...WITH_LITTLE(),
  ...AFTER_A_LOSS(),
];

/** DEL that is given less than ADD was. */
function WITH_LITTLE(): PluginCheck[] {
  return [
    {
      name: "del-without-prevresult",
      rule: "R46",
      level: "SHOULD",
      tries: "calls ADD, and DEL without prevResult",
      profile: "quick",
      unfit: needsVersion("0.4.0"),
      async run(scene) {
        const added = await scene.add();
        expectSuccess(await tryDel(scene, added, { prevResult: undefined }));
        if (makesInterface(scene.subject) === undefined) await expectGone(scene, added.container);
      },
    },
    {
      name: "del-without-netns",
      rule: "R47",
      level: "SHOULD",
      tries: "calls ADD, deletes the namespace, and calls DEL without CNI_NETNS",
      profile: "quick",
      run: async (scene) => await withoutNamespace(scene, undefined),
    },
    {
      name: "del-with-an-empty-netns",
      rule: "R47",
      level: "SHOULD",
      tries: "calls ADD, deletes the namespace, and calls DEL with an empty CNI_NETNS",
      profile: "full",
      run: async (scene) => await withoutNamespace(scene, ""),
    },
    {
      name: "del-after-the-namespace-is-gone",
      rule: "R47",
      level: "SHOULD",
      tries: "calls ADD, deletes the namespace, and calls DEL with its path",
      profile: "quick",
      async run(scene) {
        const added = await addedAndLost(scene);
        expectSuccess(await tryDel(scene, added.added));
        await added.isAsBefore("DEL after the namespace is gone");
      },
    },
    {
      name: "del-of-what-never-was",
      rule: "R47",
      level: "SHOULD",
      tries: "calls DEL for an attachment that no ADD was called for",
      profile: "quick",
      async run(scene) {
        const container = await scene.container();
        const isAsBefore = await remember(scene, [container.name]);
        const config = container.prevResult === undefined ? {} : { prevResult: undefined };
        expectSuccess(await scene.call("DEL", { container, config }));
        await isAsBefore("DEL of an attachment that never was");
      },
    },
  ];
}

interface Lost {
  readonly added: Added;
  readonly isAsBefore: (what: string) => Promise<void>;
}

/** An attachment whose namespace is deleted; the picture was taken before both. */
async function addedAndLost(scene: PluginScene): Promise<Lost> {
  await addNeighbour(scene);
  const isAsBefore = await remember(scene, [NEIGHBOUR]);
  const added = await scene.add();
  const { name, hostLink } = added.container;
  await scene.world.must(["ip", "netns", "del", name]);
  // The kernel takes the suite's own link away in its own time.
  if (hostLink !== undefined) {
    await scene.world.run(["ip", "link", "del", hostLink], { silent: true });
  }
  return { added, isAsBefore };
}

async function withoutNamespace(scene: PluginScene, netns: string | undefined): Promise<void> {
  const { added, isAsBefore } = await addedAndLost(scene);
  const { container, result } = added;
  const config = { prevResult: result };
  const env = { CNI_NETNS: netns };
  expectSuccess(await scene.call("DEL", { container, config, env }), "DEL without a namespace");
  await isAsBefore("DEL without a namespace");
}

/** DEL after something of the attachment was lost. */
function AFTER_A_LOSS(): PluginCheck[] {
  const restarts = unless(({ background = [] }) =>
    background.length > 0 ? "its daemon would have to be started again" : undefined,
  );
  return [
    {
      name: "del-after-a-reboot",
      rule: "R47",
      level: "SHOULD",
      tries: "calls ADD, takes away all of the kernel and of /run, and calls DEL",
      profile: "full",
      unfit: restarts,
      run: afterReboot,
    },
    {
      name: "del-after-the-disk-is-lost",
      rule: "R47",
      level: "SHOULD",
      tries: "calls ADD, takes away the files of /var/lib/cni and /run, and calls DEL",
      profile: "full",
      unfit: restarts,
      async run(scene) {
        const added = await scene.add();
        removeState(scene, ["/var/lib/cni", "/run"]);
        expectSuccess(await tryDel(scene, added), "DEL after the files are lost");
        if (makesInterface(scene.subject) === undefined) await expectGone(scene, added.container);
      },
    },
    {
      name: "del-after-the-links-are-gone",
      rule: "R47",
      level: "SHOULD",
      tries: "calls ADD, deletes the interface from outside, and calls DEL",
      profile: "full",
      unfit: unless(onlyFor("interface", "chained"), ({ adjusts }) =>
        adjusts === true ? "the interface stays" : undefined,
      ),
      async run(scene) {
        const added = await scene.add();
        const { name, ifName } = added.container;
        await scene.world.must(["ip", "-n", name, "link", "del", ifName]);
        expectSuccess(await tryDel(scene, added), "DEL after the link is gone");
      },
    },
    {
      name: "del-of-a-renamed-interface",
      rule: "R44",
      level: "SHOULD",
      tries: "calls ADD, renames the interface in the container, and calls DEL",
      profile: "full",
      unfit: makesInterface,
      run: ofRenamed,
    },
    {
      name: "del-calls-the-delegate-without-a-namespace",
      rule: "R47",
      level: "SHOULD",
      tries: "calls ADD, deletes the namespace, calls DEL, and looks whether IPAM was called",
      profile: "quick",
      unfit: delegates,
      async run(scene) {
        const added = await scene.add();
        await scene.world.must(["ip", "netns", "del", added.container.name]);
        expectSuccess(await tryDel(scene, added));
        const held = scene.stub.reserved();
        expect(held.length === 0, "the address is released at IPAM", held);
      },
    },
  ];
}

/** Takes files away; sockets and what the suite made itself stay. */
function removeState({ world }: PluginScene, directories: readonly string[]): void {
  const files = directories.flatMap((dir) => world.files(dir));
  for (const file of files) {
    if (!/^\/run\/(conformance|netns)\//u.test(file)) world.remove(file);
  }
}

async function afterReboot(scene: PluginScene): Promise<void> {
  const { world } = scene;
  const before = await hostLinks(scene);
  const added = await scene.add();
  const { name } = added.container;
  await world.must(["ip", "netns", "del", name]);
  for (const link of await newHostLinks(scene, before)) {
    await world.run(["ip", "link", "del", link], { silent: true }); // Its peer may have taken it along.
  }
  if (world.machine.hasNft) await world.must(["nft", "flush", "ruleset"]);
  removeState(scene, ["/run"]);
  expectSuccess(await tryDel(scene, added), "DEL after a reboot");
  if (delegates(scene.subject) !== undefined) return;
  const held = scene.stub.reserved();
  expect(held.length === 0, "the address is released at IPAM", held);
}

async function ofRenamed(scene: PluginScene): Promise<void> {
  await addNeighbour(scene);
  const container = await scene.container();
  const isAsBefore = await remember(scene, [NEIGHBOUR]);
  const added = await scene.add(container);
  const at = ["ip", "-n", container.name, "link", "set"];
  await scene.world.must([...at, container.ifName, "down"]);
  await scene.world.must([...at, container.ifName, "name", "renamed0"]);
  expectSuccess(await tryDel(scene, added), "DEL of a renamed interface");
  await isAsBefore("DEL of a renamed interface");
  const names = (await links(scene.world, container.name)).map((link) => link.name);
  if (!names.includes("renamed0")) return;
  throw new Finding({ expected: "the renamed interface is gone", came: names.join(", ") });
}
