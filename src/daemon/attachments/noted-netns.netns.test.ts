import { expect, spyOn, test } from "bun:test";
import { failOnLeakedDescriptors } from "../../../tests/support/descriptors.ts";
import { livingByNumber, Netns } from "../../kernel/netns/index.ts";
import { NotedNetns } from "./noted-netns.ts";

failOnLeakedDescriptors();

/** The path of this process's own namespace, as another process would name it. */
const path = `/proc/${process.pid}/ns/net`;

function noted(cookieOff: bigint): NotedNetns {
  using netns = Netns.open(path);
  const { dev, ino, cookie = 0n } = netns;
  return new NotedNetns({ path, dev, ino, cookie: cookie + cookieOff });
}

test("case S10, kind: a namespace is at its path and among the living only with its own cookie", () => {
  const living = livingByNumber();
  const found = [noted(0n), noted(1n)].map((each) => [each.isAtItsPath(), each.isAmong(living)]);
  expect(found).toEqual([
    [true, true],
    [false, false],
  ]);
});

test("a look without a free descriptor disproves nothing, and is no proof for the next one", () => {
  using _held = Netns.open(path); // keeps the file, so that its change time stays
  const other = noted(1n);
  const shortage = spyOn(Netns, "open").mockImplementation(() => {
    throw Object.assign(new Error("too many open files"), { code: "EMFILE" });
  });
  try {
    expect([other.isAtItsPath(), other.isAmong(livingByNumber())]).toEqual([true, true]);
  } finally {
    shortage.mockRestore();
  }
  expect(other.isAtItsPath()).toBe(false);
});
