import { afterEach, beforeEach, expect, test } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { type Container, Host } from "../../../tests/support/host.ts";
import { link } from "../../kernel/route/index.ts";
import { Namespaces } from "./namespaces.ts";

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

function indexOf(namespaces: Namespaces): number {
  return link.get(namespaces.container, { name: "a0" })?.index ?? 0;
}

test("a link of the container goes at once where nobody lends a hand", async () => {
  using namespaces = Namespaces.open({ netns: one.netns });
  const index = indexOf(namespaces);
  await namespaces.deleteLinkInside(index);
  expect(await must(["ip", "-n", "one", "-br", "link", "show", "type", "veth"])).toBe("");
  await namespaces.deleteLinkInside(index);
});

test("who lends a hand is told the link and where it is, and waited for", async () => {
  const told: unknown[] = [];
  const deleteLinks = async (indexes: readonly number[], netnsPath?: string): Promise<void> => {
    await Bun.sleep(1);
    told.push(indexes, netnsPath);
  };
  const { pid } = process;
  using descriptor = Namespaces.open({ netns: one.netns });
  const netnsPath = `/proc/${pid}/fd/${descriptor.netns?.fd.number}`;
  using namespaces = Namespaces.open({
    netns: "/the/callers",
    daemonServices: { netnsPath, deleteLinks },
  });
  const index = indexOf(namespaces);
  await namespaces.deleteLinkInside(index);
  expect(told).toEqual([[index], netnsPath]);
  expect(indexOf(namespaces)).toBe(index);
});
