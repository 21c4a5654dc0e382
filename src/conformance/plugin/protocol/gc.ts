import { Finding, NotTried } from "../../check.ts";
import type { Json } from "../../subject/index.ts";
import { type Answer, brief, ending, expect, expectSuccess, isObject } from "../answer.ts";
import { delegates, needsVersion, type PluginCheck, unless } from "../define.ts";
import { differences } from "../observe.ts";
import type { Added, PluginScene } from "../scene.ts";
import { changesNothing, expectEitherEnd, expectRefusal, pictureOf } from "./judge.ts";

/** GC, which is there from 1.1.0 on: what is valid stays, what is stale goes. */

const FAULT = { cniVersion: "1.1.0", code: 11, msg: "the conformance suite lets this GC fail" };

const gc = needsVersion("1.1.0");
const forwarding = unless(gc, delegates);

const PAUSE_MS = 50;
const SETTLED_MS = 1000;

/** Reserved by the suite's own IPAM plugin, which leaves GC to others. */
const isOwn = (line: string): boolean => line.includes("reserved address");

/** What a valid attachment loses by a GC that has a stale one to take away. */
async function lostBy(
  scene: PluginScene,
  call: (valid: Added) => Promise<void>,
): Promise<readonly string[]> {
  const valid = await scene.add(await scene.container("c1"));
  const before = await pictureOf(scene, [valid.container]);
  await forgotten(scene);
  // A device of the host goes with the namespace that it was moved to.
  const moved = lostSince(before, await pictureOf(scene, [valid.container]));
  await call(valid);
  const lost = lostSince(before, await pictureOf(scene, [valid.container]));
  return lost.filter((line) => !moved.includes(line));
}

/** Makes an attachment whose namespace goes without DEL. */
async function forgotten(scene: PluginScene): Promise<void> {
  const container = await scene.container("c2");
  const answer = await scene.call("ADD", { container });
  if (answer.exitCode !== 0) throw new NotTried(`a second ADD fails here: ${ending(answer)}`);
  await scene.world.must(["ip", "netns", "del", container.name], { silent: true });
}

function lostSince(before: readonly string[], after: readonly string[]): string[] {
  return differences(before, after).filter((line) => line.startsWith("-"));
}

/** The kernel takes the links of a namespace down some time after its name has gone. */
async function leftSince(scene: PluginScene, before: readonly string[]): Promise<string[]> {
  for (let pause = 0; ; pause += PAUSE_MS) {
    const changes = differences(before, await pictureOf(scene, []));
    const left = changes.filter((line) => line.startsWith("+") && !isOwn(line));
    if (left.length === 0 || pause >= SETTLED_MS) return left;
    await Bun.sleep(PAUSE_MS);
  }
}

function expectNone(lines: readonly string[], expected: string): void {
  if (lines.length > 0) throw new Finding({ expected, came: brief(lines.join("; ")) });
}

const entry = ({ container }: Added, ifname: string): Json => ({
  containerID: container.containerId,
  ifname,
});

/** GC with its list under these keys alone. */
async function callWith(scene: PluginScene, keys: readonly string[], list: Json): Promise<Answer> {
  return await scene.call("GC", { config: Object.fromEntries(keys.map((key) => [key, list])) });
}

const BOTH = ["cni.dev/valid-attachments", "cni.dev/attachments"];

export const GC: readonly PluginCheck[] = [
  {
    name: "gc-with-nothing-to-do",
    rule: "R68",
    level: "MUST",
    tries: "calls GC twice with an empty list on a fresh host",
    profile: "full",
    unfit: gc,
    async run(scene) {
      expectSuccess(await scene.gc([]));
      expectSuccess(await scene.gc([]), "a second GC");
    },
  },
  {
    name: "gc-takes-all-by-an-empty-list",
    rule: "R65",
    level: "SHOULD",
    tries: "makes an attachment, removes its netns, and calls GC with an empty list",
    profile: "full",
    unfit: gc,
    async run(scene) {
      // What the plugin keeps for all attachments is there before.
      const first = await scene.add();
      await scene.del(first);
      await scene.world.must(["ip", "netns", "del", first.container.name], { silent: true });
      const before = await pictureOf(scene, []);
      await forgotten(scene);
      expectSuccess(await scene.gc([]));
      expectNone(await leftSince(scene, before), "nothing of the stale attachment stays");
    },
  },
  {
    name: "gc-keeps-the-other-interface",
    rule: "R68",
    level: "MUST",
    tries: "makes two attachments of one container and calls GC with the first interface valid",
    profile: "full",
    unfit: unless(gc, ({ adjusts = false }) =>
      adjusts ? "it adjusts the one interface" : undefined,
    ),
    async run(scene) {
      const { container } = await scene.add();
      const before = await pictureOf(scene, [container]);
      const second = await scene.secondInterface(container, "net1");
      const answer = await scene.call("ADD", { container: second });
      if (answer.exitCode !== 0) throw new NotTried(`a second ADD fails here: ${ending(answer)}`);
      const moved = lostSince(before, await pictureOf(scene, [container]));
      expectSuccess(await scene.gc([container]));
      const lost = lostSince(before, await pictureOf(scene, [container]));
      const taken = lost.filter((line) => !moved.includes(line));
      expectNone(taken, "all that the valid attachment has stays");
    },
  },
  ...BOTH.map((key): PluginCheck => {
    return {
      name: `gc-by-the-key-${key.slice("cni.dev/".length)}`,
      rule: "R68",
      level: key === BOTH[0] ? "MUST" : "SHOULD",
      tries: `makes two attachments and calls GC with the first one under ${key} alone`,
      profile: "full",
      unfit: gc,
      async run(scene) {
        const lost = await lostBy(scene, async (valid) => {
          expectSuccess(await callWith(scene, [key], [entry(valid, scene.ifName)]));
        });
        expectNone(lost, "all that the valid attachment has stays");
      },
    };
  }),
  {
    name: "gc-bears-null",
    rule: "R68",
    level: "SHOULD",
    tries: "calls GC with null for an empty list, as libcni sends it",
    profile: "full",
    unfit: gc,
    async run(scene) {
      expectSuccess(await callWith(scene, BOTH, null), "GC with null");
    },
  },
  {
    name: "gc-takes-nothing-by-a-broken-list",
    rule: "R68",
    level: "SHOULD",
    tries: "calls GC with a text, a number and an object in the place of the list",
    profile: "full",
    unfit: gc,
    async run(scene) {
      const { container } = await scene.add();
      await changesNothing(scene, [container], "GC with such a list", async () => {
        for (const list of ["all", 1, {}]) {
          expectEitherEnd(await callWith(scene, BOTH, list), `GC with ${JSON.stringify(list)}`);
        }
      });
    },
  },
  {
    name: "gc-goes-to-the-ipam-plugin",
    rule: "R67",
    level: "MUST",
    tries: "makes an attachment and calls GC with it and another one valid",
    profile: "quick",
    unfit: forwarding,
    async run(scene) {
      const { container } = await scene.add();
      const other = { ...container, containerId: "conformance-other", ifName: "net7" };
      expectSuccess(await scene.gc([container, other]));
      const [call] = scene.stub.calls("GC");
      expect(call !== undefined, "the IPAM plugin called with GC", scene.stub.calls().length);
      const config: unknown = JSON.parse(call.stdin);
      const list = isObject(config) ? config["cni.dev/valid-attachments"] : undefined;
      const wanted = [container, other].map(({ containerId, ifName }) => {
        return { containerID: containerId, ifname: ifName };
      });
      const isSame = JSON.stringify(list) === JSON.stringify(wanted);
      expect(isSame, "the IPAM plugin got the list of valid attachments", call.stdin);
    },
  },
  {
    name: "gc-reports-the-ipam-plugins-error",
    rule: "R65",
    level: "SHOULD",
    tries: "calls GC while the IPAM plugin fails it",
    profile: "full",
    unfit: forwarding,
    async run(scene) {
      scene.stub.failOn("GC", FAULT);
      expectRefusal(await scene.gc([]), "GC while the IPAM plugin fails it");
    },
  },
  {
    name: "gc-before-its-version",
    rule: "R65",
    level: "SHOULD",
    tries: "calls GC in version 1.0.0, which has none, beside an attachment",
    profile: "full",
    version: "1.0.0",
    unfit: unless(gc, ({ versions }) =>
      versions.includes("1.0.0") ? undefined : "it does not support 1.0.0",
    ),
    async run(scene) {
      const { container } = await scene.add();
      await changesNothing(scene, [container], "GC in version 1.0.0", async () => {
        expectRefusal(await scene.gc([]), "GC in version 1.0.0", 1, 4);
      });
    },
  },
];
