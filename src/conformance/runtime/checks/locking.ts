import { setTimeout as pause } from "node:timers/promises";
import { NotTried } from "../../check.ts";
import { expect } from "../../plugin/answer.ts";
import type { RuntimeOperation } from "../adapter.ts";
import { needs, needsVersion, type RuntimeCheck, unless } from "../define.ts";
import { resultOf } from "../recorder.ts";
import type { CallOptions, Reply, RuntimeScene } from "../scene.ts";

/**
 * Operations that exclude each other. The plugin of the first one waits until the check lets it go on,
 * so that nothing depends on how fast a runtime is.
 */

const START_MS = 10_000;
/** How long the second operation has for doing what it must not. */
const CHANCE_MS = 500;
const STEP_MS = 10;

type Step = readonly [operation: RuntimeOperation, options: CallOptions];

/** Runs both at once, and fails when the second calls a plugin before the first has ended. */
async function expectApart(scene: RuntimeScene, first: Step, second: Step): Promise<void> {
  const before = scene.recorder.calls().length;
  const one = scene.call(...first);
  const begun = async (count: number, ms: number): Promise<boolean> => {
    for (let waited = 0; waited < ms; waited += STEP_MS) {
      if (scene.recorder.calls().length >= before + count) return true;
      await pause(STEP_MS);
    }
    return false;
  };
  const replies: Promise<Reply>[] = [one];
  try {
    if (!(await begun(1, START_MS))) throw new NotTried(`${first[0]} called no plugin in time`);
    replies.push(scene.call(...second));
    await begun(2, CHANCE_MS);
  } finally {
    scene.recorder.release();
    await Promise.all(replies);
  }
  const [earlier, ...later] = scene.recorder.calls().slice(before);
  const strays = later.filter(({ began }) => earlier === undefined || began < earlier.ended);
  const expected = `no call of a plugin for ${second[0]} before ${first[0]} has ended`;
  expect(
    strays.length === 0,
    expected,
    strays.map(({ operation, plugin }) => `${operation} ${plugin}`),
  );
}

function waiting(scene: RuntimeScene, operation: "ADD" | "DEL" | "GC"): void {
  const stdout = operation === "ADD" ? resultOf("rec-a", scene.version) : "";
  scene.recorder.answer("rec-a", operation, { waits: true, stdout });
}

const canCollect = unless(needs("gc", "netns", "valid", "containerId"), needsVersion("1.1.0"));

export const LOCKING: readonly RuntimeCheck[] = [
  {
    name: "one-operation-of-a-container-at-a-time",
    rule: "R72",
    level: "MUST",
    tries: "adds one container under two interface names at once",
    profile: "full",
    unfit: needs("netns", "ifName"),
    async run(scene) {
      scene.network(["rec-a"]);
      const container = await scene.container();
      waiting(scene, "ADD");
      await expectApart(scene, ["add", { container }], ["add", { container, ifName: "net1" }]);
    },
  },
  {
    name: "no-del-during-add",
    rule: "R72",
    level: "MUST",
    tries: "deletes a container while it is being added",
    profile: "full",
    unfit: needs("netns"),
    async run(scene) {
      scene.network(["rec-a"]);
      const container = await scene.container();
      waiting(scene, "ADD");
      await expectApart(scene, ["add", { container }], ["del", { container }]);
    },
  },
  {
    name: "no-operation-of-another-network-meanwhile",
    rule: "R72",
    level: "MUST",
    tries: "adds one container to two networks at once",
    profile: "full",
    unfit: needs("netns", "ifName", "network"),
    async run(scene) {
      scene.network(["rec-a"]);
      scene.network(["rec-b"], { name: "another" }, "20-another.conflist");
      const container = await scene.container();
      waiting(scene, "ADD");
      const other = { container, network: "another", ifName: "net1" };
      await expectApart(scene, ["add", { container }], ["add", other]);
    },
  },
  {
    name: "no-gc-during-add",
    rule: "R73",
    level: "MUST",
    tries: "collects while a container is being added",
    profile: "full",
    unfit: canCollect,
    async run(scene) {
      scene.network(["rec-a"]);
      const container = await scene.container();
      waiting(scene, "ADD");
      const valid = [{ containerID: container.containerId, ifname: "eth0" }];
      await expectApart(scene, ["add", { container }], ["gc", { valid }]);
    },
  },
  {
    name: "no-add-during-gc",
    rule: "R73",
    level: "MUST",
    tries: "adds a container while a GC runs",
    profile: "full",
    unfit: canCollect,
    async run(scene) {
      scene.network(["rec-a"]);
      const container = await scene.container();
      waiting(scene, "GC");
      const valid = [{ containerID: container.containerId, ifname: "eth0" }];
      await expectApart(scene, ["gc", { valid }], ["add", { container }]);
    },
  },
];
