import { afterEach, beforeEach, expect, test } from "bun:test";
import { must } from "../../../tests/support/exec.ts";
import { type Container, Host } from "../../../tests/support/host.ts";
import { deleteLinks } from "./delete.ts";

/** Judged by `ip`. */

let host: Host;
let one: Container;
beforeEach(async () => {
  host = await Host.create();
  one = await host.container("one");
});
afterEach(async () => {
  await host.remove(one);
  await host.tidy();
});

/** Makes two pairs in a namespace and gives the indexes of their first ends. */
async function twoPairs(at: readonly string[]): Promise<number[]> {
  const indexes: number[] = [];
  for (const name of ["a", "b"]) {
    const pair = [`${name}0`, "type", "veth", "peer", "name", `${name}1`];
    await must(["ip", ...at, "link", "add", ...pair]);
    const [made] = JSON.parse(await must(["ip", ...at, "-j", "link", "show", `${name}0`])) as [
      { ifindex: number },
    ];
    indexes.push(made.ifindex);
  }
  return indexes;
}

/** Names alone: a random MAC can read like one. */
async function veths(at: readonly string[]): Promise<string[]> {
  const links = JSON.parse(await must(["ip", ...at, "-j", "link", "show", "type", "veth"])) as {
    ifname: string;
  }[];
  return links.map((link) => link.ifname);
}

test("links of the host and of a container go, one or several, and who has gone is fine", async () => {
  for (const [at, path] of [
    [[], undefined],
    [["-n", "one"], one.netns],
  ] as const) {
    const [first = 0, second = 0] = await twoPairs(at);
    expect(deleteLinks([first], path)).toEqual([]);
    expect(await veths(at)).not.toContain("a0");
    expect(await veths(at)).toContain("b0");
    expect(deleteLinks([first, second], path)).toEqual([]);
    expect(await veths(at)).toEqual([]);
    expect(deleteLinks([first], path)).toEqual([]);
  }
});

test("a link that the kernel keeps is told", async () => {
  const [left] = deleteLinks([1], one.netns);
  expect(left).toMatchObject({
    index: 1,
    reason: expect.stringContaining("not supported") as string,
  });
});
