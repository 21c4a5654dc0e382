import { afterEach, beforeEach, expect, test } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { type Container, Host } from "../../../tests/support/host.ts";
import { link } from "../../kernel/route/index.ts";
import { Sides } from "./sides.ts";

let host: Host;
let one: Container;
beforeEach(async () => {
  host = await Host.create();
  one = await host.container("one");
  await must(["ip", "-n", "one", "link", "add", "a0", "type", "veth", "peer", "name", "a1"]);
});
afterEach(async () => {
  await host.remove(one);
  await host.tidy();
});

function indexOf(sides: Sides): number {
  return link.get(sides.container, { name: "a0" })?.index ?? 0;
}

test("a link of the container goes at once where nobody lends a hand", async () => {
  using sides = Sides.open({ netns: one.netns });
  const index = indexOf(sides);
  await sides.deleteLinkInside(index);
  expect(await must(["ip", "-n", "one", "-br", "link", "show", "type", "veth"])).toBe("");
  await sides.deleteLinkInside(index);
});

test("who lends a hand is told the link and where it is, and waited for", async () => {
  const told: unknown[] = [];
  const deleteLinks = async (indexes: readonly number[], netnsPath?: string): Promise<void> => {
    await Bun.sleep(1);
    told.push(indexes, netnsPath);
  };
  const { pid } = process;
  using descriptor = Sides.open({ netns: one.netns });
  const netnsPath = `/proc/${pid}/fd/${descriptor.netns?.fd.number}`;
  using sides = Sides.open({ netns: "/the/callers", host: { netnsPath, deleteLinks } });
  const index = indexOf(sides);
  await sides.deleteLinkInside(index);
  expect(told).toEqual([[index], netnsPath]);
  expect(indexOf(sides)).toBe(index);
});
