import { expect, test } from "bun:test";
import { tryPlugin } from "../plugin/index.ts";
import { isObject } from "../spec/index.ts";
import { filePlugin } from "./index.ts";
import type { Removable } from "./kind.ts";
import type { FileScene } from "./scene.ts";

const config = { cniVersion: "1.1.0", name: "net1", type: "recording" };

/** DEL of kinds `a`, `b` and `c`, of which one does something else; gives what was asked. */
async function del(
  special: Partial<Removable<FileScene>> & { readonly name: string },
  signal?: AbortSignal,
): Promise<{ asked: string[]; msg: unknown }> {
  const asked: string[] = [];
  const kinds = ["a", "b", "c"].map((name): Removable<FileScene> => {
    const own = special.name === name ? special : undefined;
    return {
      ...own,
      name,
      undo: (scene) => {
        asked.push(`undo ${name}`);
        return own?.undo?.(scene);
      },
      forget: () => void asked.push(`forget ${name}`),
    };
  });
  const parts = { name: "recording", config: () => ({}), kinds, want: () => ({ pieces: [] }) };
  const trial = { operation: "DEL", config } as const;
  const { json } = await tryPlugin(
    filePlugin(parts),
    signal === undefined ? trial : { ...trial, signal },
  );
  return { asked, msg: isObject(json) ? json["msg"] : undefined };
}

test("what a repeated DEL needs goes when all else is gone", async () => {
  const { asked, msg } = await del({ name: "a" });
  expect(msg).toBeUndefined();
  expect(asked).toEqual(["undo c", "undo b", "undo a", "forget a", "forget b", "forget c"]);
});

test("what a repeated DEL needs stays where a kind could not be undone", async () => {
  const undo = (): never => {
    throw new Error("not now");
  };
  const { asked, msg } = await del({ name: "b", undo });
  expect(msg).toContain("not now");
  expect(asked).toEqual(["undo c", "undo b", "undo a"]);
});

test("it goes where only another plugin has failed, which keeps notes of its own", async () => {
  const undo = (): never => {
    throw new Error("not now");
  };
  const { asked, msg } = await del({ name: "b", isDelegated: true, undo });
  expect(msg).toContain("not now");
  expect(asked.slice(3)).toEqual(["forget a", "forget b", "forget c"]);
});

test("it stays where a deletion that was asked for fails", async () => {
  const undo = () => () => {
    throw new Error("not now");
  };
  const { asked, msg } = await del({ name: "b", undo });
  expect(msg).toContain("not now");
  expect(asked).toEqual(["undo c", "undo b", "undo a"]);
});

test("a DEL whose caller gives up meanwhile undoes no more, and fails", async () => {
  const caller = new AbortController();
  const undo = (): void => caller.abort(new Error("the caller left"));
  const { asked, msg } = await del({ name: "b", undo }, caller.signal);
  expect(asked).toEqual(["undo c", "undo b"]);
  expect(String(msg)).toContain("the caller left");
});
