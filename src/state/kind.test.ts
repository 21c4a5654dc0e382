import { expect, test } from "bun:test";
import { type Kind, kindOf } from "./kind.ts";
import type { FileScene } from "./scene.ts";

const scene = { owner: { network: "n", containerId: "c", ifName: "eth0" } } as FileScene;

test("a kind of functions gives them the scene and what is wanted", async () => {
  const calls: unknown[] = [];
  const kind: Kind<string, ReturnType<Kind["want"]>, FileScene> = kindOf({
    name: "text",
    describe: ({ owner }, wanted) => `${wanted} of ${owner.ifName}`,
    apply({ owner }, wanted, rollback) {
      calls.push([owner.ifName, wanted]);
      rollback.defer(() => void calls.push("taken back"));
    },
    check(_scene, wanted) {
      throw new Error(`no ${wanted}`);
    },
  });
  const piece = kind.want(scene, "a text");
  expect(piece.name).toBe("text");
  expect(piece.describe()).toBe("a text of eth0");
  await using rollback = new AsyncDisposableStack();
  await piece.apply?.(rollback);
  await rollback.disposeAsync();
  expect(calls).toEqual([["eth0", "a text"], "taken back"]);
  expect(() => piece.check?.()).toThrow("no a text");
});

test("what a kind does not say its pieces do not have", () => {
  const kind: Kind = kindOf({ name: "nothing", describe: () => undefined });
  expect(Object.keys(kind.want(scene as never)).toSorted()).toEqual(["describe", "name"]);
});
