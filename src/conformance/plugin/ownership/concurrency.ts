import { expectSuccess } from "../answer.ts";
import type { Container } from "../container.ts";
import { needsVersion, onlyFor, type PluginCheck, unless } from "../define.ts";
import { addNeighbour, expectWhole, NEIGHBOUR, remember } from "../operations/attached.ts";
import { expectDistinct } from "../operations/ipam.ts";
import type { Added, PluginScene } from "../scene.ts";

/** Operations for different containers at once. */

const FEW = 5;
const MANY = 10;

const isWired = ({ wired }: { readonly wired?: string }): string | undefined =>
  wired === undefined ? undefined : "its daemon gives addresses one by one";

export const CONCURRENCY: readonly PluginCheck[] = [
  {
    name: "parallel-add-and-del",
    rule: "R74",
    level: "MUST",
    tries: `calls ADD for ${FEW} containers at once, then DEL for all at once`,
    profile: "quick",
    async run(scene) {
      const list = await addAtOnce(scene, await containers(scene, FEW));
      expectDistinctWhereIpam(scene, list);
      await delAtOnce(scene, list);
    },
  },
  {
    name: "parallel-add-attaches-all",
    rule: "R74",
    level: "MUST",
    tries: `calls ADD for ${MANY} containers at once, and looks at each attachment`,
    profile: "full",
    async run(scene) {
      const list = await addAtOnce(scene, await containers(scene, MANY));
      expectDistinctWhereIpam(scene, list);
      for (const added of list) await expectWhole(scene, added, "after ADD of many at once");
    },
  },
  {
    name: "parallel-add-beside-del",
    rule: "R74",
    level: "MUST",
    tries: `attaches ${FEW} containers, then calls DEL for them and ADD for ${FEW} others at once`,
    profile: "full",
    async run(scene) {
      const all = await containers(scene, 2 * FEW);
      const half = all.length / 2;
      const before = await addAtOnce(scene, all.slice(0, half));
      const [after] = await Promise.all([
        addAtOnce(scene, all.slice(half)),
        delAtOnce(scene, before),
      ]);
      expectDistinctWhereIpam(scene, after);
      for (const added of after) await expectWhole(scene, added, "after ADD beside DEL of others");
    },
  },
  {
    name: "parallel-del-leaves-no-trace",
    rule: "R74",
    level: "SHOULD",
    tries: `calls ADD and DEL for ${FEW} containers at once beside another, and compares`,
    profile: "full",
    async run(scene) {
      await addNeighbour(scene);
      const all = await containers(scene, FEW);
      const isAsBefore = await remember(scene, [NEIGHBOUR]);
      await delAtOnce(scene, await addAtOnce(scene, all));
      await isAsBefore(`ADD and DEL of ${all.length} containers at once`);
    },
  },
  {
    name: "check-beside-many",
    rule: "R56",
    level: "SHOULD",
    tries: `calls ADD for ${FEW} containers one by one, and CHECK for each`,
    profile: "full",
    unfit: needsVersion("0.4.0"),
    async run(scene) {
      const list: Added[] = [];
      for (const container of await containers(scene, FEW)) list.push(await scene.add(container));
      for (const added of list) {
        const { name } = added.container;
        expectSuccess(
          await scene.check(added),
          `CHECK of ${name} beside ${list.length - 1} others`,
        );
      }
    },
  },
  {
    name: "ipam-gives-each-its-own-at-once",
    rule: "R74",
    level: "MUST",
    tries: "calls ADD for 20 containers at once, and compares the addresses",
    profile: "full",
    unfit: unless(onlyFor("ipam"), isWired, ({ each }) =>
      each === undefined ? undefined : "its addresses are configured one by one",
    ),
    async run(scene) {
      const list = await addAtOnce(scene, await containers(scene, 20));
      expectDistinct(list.map(({ result }) => result));
    },
  },
];

/** So many containers, or as many as the subject can serve. */
async function containers(scene: PluginScene, wanted: number): Promise<Container[]> {
  const places = Math.max(2, Math.min(wanted, scene.places - 1));
  const list: Container[] = [];
  for (let number = 1; number <= places; number++) list.push(await scene.container(`c${number}`));
  return list;
}

async function addAtOnce(scene: PluginScene, list: readonly Container[]): Promise<Added[]> {
  return await Promise.all(list.map(async (container) => await scene.add(container)));
}

async function delAtOnce(scene: PluginScene, list: readonly Added[]): Promise<void> {
  await Promise.all(list.map(async (added) => await scene.del(added)));
}

/** An interface plugin hands on what the suite's IPAM plugin gave, which is distinct. */
function expectDistinctWhereIpam({ subject }: PluginScene, list: readonly Added[]): void {
  if (subject.kind === "ipam") expectDistinct(list.map(({ result }) => result));
}
