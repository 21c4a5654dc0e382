import { expect, test } from "bun:test";
import { rejection } from "../../../tests/support/rejection.ts";
import type { Undeleted } from "./delete.ts";
import { Deleter } from "./deleter.ts";

test("what is asked for while the kernel is at work goes together", async () => {
  const batches: (readonly number[])[] = [];
  const ends: ((left: readonly Undeleted[]) => void)[] = [];
  const deleter = new Deleter([
    (indexes) => {
      batches.push(indexes);
      return new Promise((resolve) => ends.push(resolve));
    },
  ]);
  const first = deleter.delete([1, 2]);
  const same = deleter.delete([2, 3]);
  await Bun.sleep(1);
  const later = [deleter.delete([4]), deleter.delete([5])];
  expect(batches).toEqual([[1, 2, 3]]);
  ends[0]?.([]);
  await Promise.all([first, same]);
  await Bun.sleep(1);
  expect(batches).toEqual([
    [1, 2, 3],
    [4, 5],
  ]);
  ends[1]?.([]);
  await Promise.all(later);
  expect([deleter.links, deleter.batches]).toEqual([5, 2]);
});

test("a link that stays fails who asked for it, and nobody else", async () => {
  const deleter = new Deleter([async () => [{ index: 2, reason: "busy" }]]);
  const [good, bad] = [deleter.delete([1]), deleter.delete([2])];
  await good;
  expect(await rejection(bad)).toMatchObject({ code: 5, message: "cannot delete link 2: busy" });
});

test("a batch that fails as a whole fails all of it, and the next one is tried", async () => {
  let broken = true;
  const deleter = new Deleter([
    async () => {
      if (broken) throw new Error("no thread");
      return [];
    },
  ]);
  expect(await rejection(deleter.delete([1]))).toMatchObject({ message: "no thread" });
  broken = false;
  await deleter.delete([1]);
});

test("a link that has left is gone, whatever the kernel still waits for", async () => {
  let hearing = false;
  const never = new Promise<never>(() => undefined);
  const departures = {
    begin: (): void => {
      hearing = true;
    },
  };
  const deleter = new Deleter(
    [() => (hearing ? never : Promise.reject(new Error("deaf")))],
    departures,
  );
  let ended = 0;
  for (const indexes of [[1, 2], [2]]) void deleter.delete(indexes).then(() => ended++);
  await Bun.sleep(1);
  deleter.linkGone(7);
  deleter.linkGone(1);
  await Bun.sleep(1);
  expect(ended).toBe(0);
  deleter.linkGone(2);
  await Bun.sleep(1);
  expect(ended).toBe(2);
});

test("while one thread waits another one deletes; when all wait, wishes gather", async () => {
  const batches: string[] = [];
  const thread = (name: string) => (indexes: readonly number[]) => {
    batches.push(`${name} ${indexes.join(" ")}`);
    return Bun.sleep(20).then(() => []);
  };
  const deleter = new Deleter([thread("first"), thread("second")]);
  const all: Promise<void>[] = [];
  for (const index of [1, 2, 3, 4]) {
    all.push(deleter.delete([index]));
    await Bun.sleep(1);
  }
  await Promise.all(all);
  expect(batches).toEqual(["first 1", "second 2", "first 3 4"]);
});

test("without a way to hear of departures the kernel's answer counts", async () => {
  const departures = {
    begin: () => {
      throw new Error("no descriptor left");
    },
  };
  await new Deleter([async () => []], departures).delete([1]);
});
