import { expect, test } from "bun:test";
import { type Named, type Selection, select, selectContainer } from "./index.ts";

const all: readonly Named[] = [
  {
    ...{ network: "one", containerId: "c0ffee01", ifName: "eth0", netns: "/run/netns/blue" },
    ...{ pod: { namespace: "default", name: "web-1" }, addresses: ["10.1.0.2/16"] },
  },
  {
    ...{ network: "two", containerId: "c0ffee01", ifName: "net1", netns: "/run/netns/blue" },
    ...{ pod: { namespace: "default", name: "web-1" }, addresses: ["fd00::2/64"] },
  },
  {
    ...{ network: "one", containerId: "c0ffee02", ifName: "eth0", netns: "" },
    ...{ pod: { namespace: "test", name: "web-1" } },
  },
  { network: "one", containerId: "web", ifName: "eth0", netns: "/run/netns/c0ffee" },
];

/** Places of those that are found; "several" or "none" otherwise. */
function placesOf(selection: Selection<Named>): number[] | string {
  if (selection.kind !== "found") return selection.kind;
  return selection.attachments.map((one) => all.indexOf(one));
}

test.each([
  ["c0ffee01", [0, 1]],
  ["c0ffee01:net1", [1]],
  ["c0ffee02", [2]],
  ["default/web-1", [0, 1]],
  ["test/web-1", [2]],
  ["web-1", "several"],
  ["blue", [0, 1]],
  ["/run/netns/blue", [0, 1]],
  ["10.1.0.2", [0]],
  ["fd00::2", [1]],
  // As lists show it, and in another spelling.
  ["10.1.0.2/16", [0]],
  ["FD00:0::2", [1]],
  ["test/w", [2]],
  ["c0", "several"],
  ["nope", "none"],
  ["", "none"],
  // What is exact goes before what is a beginning, and a container before a place.
  ["web", [3]],
  ["c0ffee", [3]],
])("%j names %j", (wanted, expected) => {
  expect(placesOf(select(all, wanted))).toEqual(expected);
});

test("what changes an attachment takes no namespace and no address", () => {
  expect(placesOf(selectContainer(all, "blue"))).toBe("none");
  expect(placesOf(selectContainer(all, "10.1.0.2"))).toBe("none");
  expect(placesOf(selectContainer(all, "c0ffee"))).toBe("several");
  expect(placesOf(selectContainer(all, "default/web"))).toEqual([0, 1]);
});
