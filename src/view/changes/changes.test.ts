import { expect, test } from "bun:test";
import type { AttachmentState, NodeAttachment } from "../attachments/index.ts";
import { Changes } from "./index.ts";

function one(containerId: string, state: AttachmentState = "ok"): NodeAttachment {
  return {
    ...{ network: "one", containerId, ifName: "eth0", sources: ["cache"], state, findings: [] },
    ...{ netns: "", netnsState: "alive", finished: true, earlierBoot: false },
    ...{ addresses: [], ports: [], reservations: [] },
  };
}

/** What each look tells, as `event id`; looks are half a second apart. */
function reportedBy(
  first: readonly NodeAttachment[],
  ...looks: readonly (readonly NodeAttachment[])[]
): string[][] {
  const changes = new Changes(first);
  return looks.map((now, at) =>
    changes
      .next(now, 500 * (at + 1))
      .map(({ event, attachment }) => `${event} ${attachment.containerId}`),
  );
}

test("what comes and goes is reported once, and what was there is not", () => {
  expect(reportedBy([one("a")], [one("a"), one("b")], [one("b")], [one("b")], [])).toEqual([
    ["attached b"],
    ["detached a"],
    [],
    ["detached b"],
  ]);
});

test("a state that passes is not reported, one that lasts is, and so is its end", () => {
  const [good, bad] = [one("a"), one("a", "drift")];
  expect(reportedBy([good], [bad], [good], [bad], [bad], [bad], [bad])).toEqual([
    [],
    [],
    [],
    [],
    ["drift a"],
    [],
  ]);
  expect(reportedBy([bad], [good], [good], [good])).toEqual([[], [], ["ok a"]]);
});

test("an ADD on its way is reported when it is done, and one that was taken back is not", () => {
  expect(reportedBy([], [one("a", "unfinished")], [one("a")], [])).toEqual([
    [],
    ["attached a"],
    ["detached a"],
  ]);
  expect(reportedBy([], [one("a", "unfinished")], [])).toEqual([[], []]);
});

test("what is first seen in a bad state is reported as that, when it lasts", () => {
  expect(reportedBy([], [one("a", "leak")], [one("a", "leak")], [one("a", "leak")], [])).toEqual([
    [],
    [],
    ["leak a"],
    ["detached a"],
  ]);
  expect(reportedBy([], [one("a", "drift")], [])).toEqual([[], []]);
});

test("what still has to last is known to be pending", () => {
  const changes = new Changes([one("a")]);
  expect(changes.isPending).toBe(false);
  changes.next([one("a", "orphan")], 0);
  expect(changes.isPending).toBe(true);
  changes.next([one("a", "orphan")], 1000);
  expect(changes.isPending).toBe(false);
});
