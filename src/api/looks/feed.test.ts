import { expect, test } from "bun:test";
import type { AttachmentForm, ChangeForm } from "../../forms/index.ts";
import { eventOf, Feed } from "./feed.ts";

const one = (number: number, more: Partial<ChangeForm> = {}): ReturnType<typeof eventOf> =>
  eventOf({ revision: `a-${number}`, kind: "node", ...more });

test("changes come in their order, once, as soon as they come", async () => {
  const feed = new Feed();
  const first = feed.take();
  feed.push([one(1), one(2)]);
  expect(await first).toBe(`${one(1).text}${one(2).text}`);
  feed.push([one(3)]);
  expect(await feed.take()).toBe(one(3).text);
  const last = feed.take();
  feed.end();
  expect(await last).toBe("");
});

test("a reader that takes nothing has to read anew, at the latest revision", async () => {
  const feed = new Feed();
  for (let number = 1; number <= 10_000; number++) feed.push([one(number)]);
  expect(await feed.take()).toBe(one(10_000, { kind: "reset" }).text);
  feed.push([one(10_001)]);
  expect(await feed.take()).toBe(one(10_001).text);
});

test("what is kept is bounded by its length, too", async () => {
  const feed = new Feed();
  const attachment = { containerId: "x".repeat(1024 * 1024) } as AttachmentForm;
  for (let number = 1; number <= 6; number++) feed.push([one(number, { attachment })]);
  expect(await feed.take()).toBe(one(6, { kind: "reset" }).text);
});

test("a name with line breaks forges no event", () => {
  const attachment = { containerId: "a\n\nevent: reset\ndata: {}\n\n" } as AttachmentForm;
  const { text } = one(1, { kind: "attachment", attachment });
  expect(text.split("\n")).toHaveLength(5);
});
