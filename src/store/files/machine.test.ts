import { afterEach, beforeEach, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { rejection } from "../../../tests/support/rejection.ts";
import { StoreError } from "../index.ts";
import { FileStore } from "./index.ts";

failOnLeakedDescriptors();

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "store-machine-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const machine = (): string => join(directory, "machine");
const put = async (store: FileStore, value: string): Promise<void> => {
  expect((await store.transact([], [{ put: "k", value }])).done).toBe(true);
};
const refusal = async (store: FileStore): Promise<string> => {
  const error = await rejection(store.read({ key: "k" }));
  if (!(error instanceof StoreError)) throw error;
  expect(error.fault).toBe("refused");
  return error.message;
};

test("processes of one machine share it; another machine is refused while one lives", async () => {
  {
    await using one = FileStore.open(directory, "a");
    await using other = FileStore.open(directory, "a");
    await put(one, "1");
    await put(other, "2");
    await using stranger = FileStore.open(directory, "b");
    expect(await refusal(stranger)).toContain(`${directory} is for the nodes of one machine`);
    expect(await refusal(stranger)).toContain("needs etcd");
    await put(one, "3");
  }
  // All are gone, as after a start of the machine.
  await using next = FileStore.open(directory, "b");
  expect((await next.read({ key: "k" })).entries[0]?.value).toBe("3");
  await using before = FileStore.open(directory, "a");
  expect(await refusal(before)).toContain("has gone on with it");
});

test("where locks do not reach, the one that was succeeded stops, and stays away", async () => {
  await using one = FileStore.open(directory, "a");
  await put(one, "1");
  // As a machine sees it that knows nothing of the first one's lock.
  rmSync(machine());
  writeFileSync(machine(), "a\nb\n");
  await using stranger = FileStore.open(directory, "b");
  await put(stranger, "2");
  expect(await refusal(one)).toContain("has gone on with it");
  await put(stranger, "3");
  expect(await refusal(one)).toContain(`remove ${machine()}`);
});

test("the way out is to remove what says whose it is", async () => {
  {
    await using one = FileStore.open(directory, "a");
    await put(one, "1");
  }
  {
    await using by = FileStore.open(directory, "b");
    await put(by, "2");
  }
  await using one = FileStore.open(directory, "a");
  expect(await refusal(one)).toContain("has gone on with it");
  rmSync(machine());
  await put(one, "3");
  expect(existsSync(machine())).toBe(true);
  expect(readdirSync(directory).filter((name) => name.startsWith("machine"))).toEqual(["machine"]);
});
