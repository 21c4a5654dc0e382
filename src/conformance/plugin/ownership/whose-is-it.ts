import { NotTried } from "../../check.ts";
import { expect, expectError, expectSuccess } from "../answer.ts";
import { delegates, needsVersion, onlyFor, type PluginCheck, unless } from "../define.ts";
import { links } from "../observe.ts";
import {
  addNeighbour,
  expectWhole,
  hostLinks,
  linesOf,
  NEIGHBOUR,
  newHostLinks,
  remember,
  tryDel,
} from "../operations/attached.ts";
import type { Added, PluginScene } from "../scene.ts";
import { forge, type Marks, marksOf } from "./forge.ts";

/** Whose is it? What DEL and GC take away is the attachment's own, whatever looks like it. */

const touchesContainers = unless(onlyFor("interface", "chained"), ({ adjusts }) =>
  adjusts === true ? "it owns nothing in the container" : undefined,
);
const hasGc = needsVersion("1.1.0");

export const WHOSE_IS_IT: readonly PluginCheck[] = [
  {
    name: "del-by-a-path-that-leads-elsewhere",
    rule: "R44",
    level: "SHOULD",
    tries:
      "deletes a namespace, gives its path to another container, and calls DEL for the old one",
    profile: "quick",
    unfit: touchesContainers,
    async run(scene) {
      const old = await scene.add();
      await scene.world.must(["ip", "netns", "del", old.container.name]);
      const fresh = await scene.container(old.container.name);
      const successor = await scene.add({ ...fresh, containerId: "conformance-successor" });
      await leavesContainer(scene, successor, old, "DEL of the container that had the path before");
    },
  },
  {
    name: "del-of-a-stranger-by-anothers-path",
    rule: "R44",
    level: "SHOULD",
    tries: "calls DEL for a container that was never attached, with the path of one that is",
    profile: "full",
    unfit: touchesContainers,
    async run(scene) {
      const added = await scene.add();
      const container = { ...added.container, containerId: "conformance-stranger" };
      await leavesContainer(scene, added, { ...added, container }, "DEL of a stranger");
    },
  },
  forgedIn("container", "del-leaves-forged-links-of-a-container", false),
  forgedIn("container", "del-leaves-forged-links-when-the-namespace-is-gone", true),
  forgedIn("host", "del-leaves-links-of-the-host", false),
  forgedIn("host", "del-leaves-links-of-the-host-when-the-namespace-is-gone", true),
  {
    name: "add-and-del-leave-a-link-of-their-name",
    rule: "R44",
    level: "MUST",
    tries: "makes a link with the name that ADD gave the host's end, and calls ADD and DEL again",
    profile: "full",
    unfit: onlyFor("interface"),
    run: leavesTheName,
  },
  ...GC(),
];

/** Whatever DEL says, the container of the other attachment is as it was. */
async function leavesContainer(
  scene: PluginScene,
  other: Added,
  gone: Added,
  what: string,
): Promise<void> {
  const { name } = other.container;
  const isAsBefore = await remember(scene, [name], linesOf(name));
  await tryDel(scene, gone);
  await isAsBefore(what);
}

/** An attachment beside a neighbour, with the marks of its links. */
async function marked(
  scene: PluginScene,
): Promise<{ readonly added: Added; readonly marks: Marks }> {
  await addNeighbour(scene);
  const container = await scene.container();
  const before = await hostLinks(scene);
  const added = await scene.add(container);
  return { added, marks: await marksOf(scene, added, await newHostLinks(scene, before)) };
}

function forgedIn(where: "container" | "host", name: string, isGone: boolean): PluginCheck {
  const whose = where === "host" ? "the host makes" : "another container makes";
  const first = isGone ? "the namespace is deleted and " : "";
  return {
    name,
    rule: "R44",
    level: "MUST",
    tries: `${whose} links that bear an attachment's marks; ${first}DEL is called`,
    profile: "full",
    unfit: onlyFor("interface", "chained"),
    async run(scene) {
      const { added, marks } = await marked(scene);
      const at = where === "host" ? undefined : NEIGHBOUR;
      const forged = await forge(scene, at, marks);
      const isAsBefore = await remember(scene, [NEIGHBOUR], linesOf(NEIGHBOUR));
      if (isGone) await scene.world.must(["ip", "netns", "del", added.container.name]);
      await tryDel(scene, added); // Whether it succeeds, other checks say.
      await isAsBefore("DEL of another container");
      await expectLinks(scene, at, forged);
    },
  };
}

async function expectLinks(
  scene: PluginScene,
  at: string | undefined,
  wanted: readonly string[],
): Promise<void> {
  const names = (await links(scene.world, at)).map(({ name }) => name);
  const missing = wanted.filter((name) => !names.includes(name));
  expect(
    missing.length === 0,
    `${missing.join(", ")}, which the subject did not make, stay`,
    names,
  );
}

async function leavesTheName(scene: PluginScene): Promise<void> {
  const { added, marks } = await marked(scene);
  const [name] = marks.names;
  if (name === undefined) throw new NotTried("it makes no link on the host for an attachment");
  await scene.del(added);
  const make = ["link", "add", name, "type", "veth", "peer", "name", "operator1"];
  await scene.world.must(["ip", ...make]);
  const [mine] = (await links(scene.world)).filter((link) => link.name === name);
  const { container } = added;
  const answer = await scene.call("ADD", { container });
  if (answer.exitCode !== 0) expectError(answer, "ADD where a link has its name");
  expectSuccess(await scene.call("DEL", { container }));
  const now = (await links(scene.world)).find(({ index }) => index === mine?.index);
  expect(
    now !== undefined,
    `the link ${name}, which the subject did not make, stays`,
    "it is gone",
  );
}

/** GC knows attachments by ID and interface, in its own network. */
function GC(): PluginCheck[] {
  return [
    {
      name: "gc-keeps-the-valid",
      rule: "R65",
      level: "MUST",
      tries: "calls ADD for two containers, and GC with both as valid",
      profile: "quick",
      unfit: hasGc,
      async run(scene) {
        const kept = await addNeighbour(scene);
        const added = await scene.add();
        const isAsBefore = await remember(scene, [NEIGHBOUR, added.container.name]);
        expectSuccess(await scene.gc([kept.container, added.container]), "GC");
        await isAsBefore("GC with all attachments valid");
        for (const each of [kept, added]) await expectWhole(scene, each, "after GC");
      },
    },
    {
      name: "gc-leaves-forged-links",
      rule: "R65",
      level: "MUST",
      tries: "a valid container and the host make links with a stale attachment's marks; calls GC",
      profile: "full",
      unfit: unless(hasGc, onlyFor("interface", "chained")),
      run: gcLeavesForged,
    },
    {
      name: "gc-leaves-other-networks",
      rule: "R65",
      level: "MUST",
      tries: "calls ADD in one network, and GC in another with nothing valid",
      profile: "full",
      unfit: hasGc,
      async run(scene) {
        const added = await scene.add();
        const isAsBefore = await remember(scene, [added.container.name]);
        expectSuccess(await scene.gc([], { config: { name: "conformance-other" } }), "GC");
        await isAsBefore("GC of another network");
        await expectWhole(scene, added, "after GC of another network");
      },
    },
    {
      name: "gc-leaves-no-trace-of-the-stale",
      rule: "R65",
      level: "SHOULD",
      tries: "calls ADD, deletes the namespace, calls GC with the neighbour valid, and compares",
      profile: "quick",
      unfit: hasGc,
      async run(scene) {
        const { kept, isAsBefore } = await staleBeside(scene);
        expectSuccess(await scene.gc([kept.container]), "GC");
        await isAsBefore("GC of a stale attachment");
        await expectWhole(scene, kept, "after GC");
      },
    },
    {
      name: "gc-goes-on-where-ipam-fails",
      rule: "R65",
      level: "SHOULD",
      tries: "calls ADD, deletes the namespace, calls GC where IPAM fails, and compares",
      profile: "full",
      unfit: unless(hasGc, delegates),
      async run(scene) {
        // What is noted of an attachment may stay, so that the next GC finds it.
        const { kept, isAsBefore } = await staleBeside(scene, NO_FILE);
        scene.stub.failOn("GC", { cniVersion: "1.1.0", code: 123, msg: "conformance" });
        expectError(await scene.gc([kept.container]), "GC where IPAM fails");
        await isAsBefore("GC where IPAM fails");
      },
    },
  ];
}

/** Differences of all kinds but files. */
const NO_FILE = /^. (?!file )/u;

interface Stale {
  readonly kept: Added;
  readonly isAsBefore: (what: string) => Promise<void>;
}

/** A valid attachment, and one whose namespace is gone; the picture was taken before that one. */
async function staleBeside(scene: PluginScene, only?: RegExp): Promise<Stale> {
  const kept = await addNeighbour(scene);
  const isAsBefore = await remember(scene, [NEIGHBOUR], only);
  const { container } = await scene.add();
  await scene.world.must(["ip", "netns", "del", container.name]);
  return { kept, isAsBefore };
}

async function gcLeavesForged(scene: PluginScene): Promise<void> {
  const { added, marks } = await marked(scene);
  const neighbour = { ...added.container, containerId: `conformance-${NEIGHBOUR}` };
  const [inside, outside] = [
    await forge(scene, NEIGHBOUR, marks),
    await forge(scene, undefined, marks),
  ];
  await scene.world.must(["ip", "netns", "del", added.container.name]);
  const isAsBefore = await remember(scene, [NEIGHBOUR], linesOf(NEIGHBOUR));
  await scene.gc([neighbour]); // Whether it succeeds, other checks say.
  await isAsBefore("GC of another container");
  await expectLinks(scene, NEIGHBOUR, inside);
  await expectLinks(scene, undefined, outside);
}
