import { expect, test } from "bun:test";
import { FORM, type RecordedCall } from "../form/index.ts";
import { fits, named } from "./filter.ts";
import { groupsOf } from "./groups.ts";

let count = 0;
let clock = Date.parse("2026-11-30T12:00:00Z");

/** A call that begins 10 ms after the one before, and takes 8. */
function call(plugin: string, operation = "ADD", more: Partial<RecordedCall> = {}): RecordedCall {
  const id = (++count).toString(16).padStart(16, "0");
  clock += 10;
  return {
    ...{ v: FORM, id, time: new Date(clock).toISOString(), traceId: "t", door: "daemon" },
    ...{ operation, plugin, network: "dbnet", containerId: "c1", ifName: "eth0" },
    ...{ netns: "", cwd: "/", env: {}, stdin: "{}", stdinLength: 2, masked: [], cut: [], pid: 1 },
    ...{ exitCode: 0, stdout: "", stderr: "", at: 0, ms: 8, steps: [], calls: [] },
    runtime: "containerd",
    ...more,
  };
}

function shown(calls: readonly RecordedCall[]): string[] {
  return groupsOf(calls).groups.map(
    ({ operation, containerId, calls: own }) =>
      `${operation} ${containerId}: ${own.map(({ plugin }) => plugin).join(" ")}`,
  );
}

test("the plugins of one operation belong together, also where containers come at once", () => {
  const c2 = { containerId: "c2" };
  const calls = [
    ...[call("bridge"), call("bridge", "ADD", c2), call("portmap"), call("portmap", "ADD", c2)],
    ...[call("portmap", "DEL"), call("bridge", "DEL"), call("bridge"), call("portmap")],
  ];
  expect(shown(calls)).toEqual([
    "ADD c1: bridge portmap",
    "ADD c2: bridge portmap",
    "DEL c1: portmap bridge",
    "ADD c1: bridge portmap",
  ]);
  const [first] = groupsOf(calls).groups;
  expect([first?.ms, first?.id]).toEqual([28, calls[0]?.id]);
});

test("a repeated call, one long after, and one of another runtime begin anew", () => {
  const repeated = [call("bridge"), call("bridge")];
  const first = call("bridge");
  clock += 60_000;
  const late = [first, call("portmap")];
  const foreign = [call("bridge"), call("portmap", "ADD", { runtime: "podman" })];
  expect(shown(repeated)).toHaveLength(2);
  expect(shown(late)).toHaveLength(2);
  expect(shown(foreign)).toHaveLength(2);
});

test("calls of one span of a runtime belong together however long they take", () => {
  const parentId = "00000000000000ff";
  const first = call("bridge", "ADD", { parentId });
  clock += 60_000;
  expect(shown([first, call("portmap", "ADD", { parentId })])).toEqual(["ADD c1: bridge portmap"]);
});

test("what a plugin has called is below it, and no group of its own", () => {
  const child = { ...call("host-local"), calls: [] };
  const multus = call("multus", "ADD", { calls: [child] });
  const made = call("bridge", "ADD", { parentId: child.id });
  const forest = groupsOf([multus, made]);
  expect(forest.groups.map(({ calls }) => calls)).toEqual([[multus]]);
  expect(forest.madeBy(child)).toEqual([made]);
  expect(forest.madeBy(multus)).toEqual([]);
});

test("a call that names itself as its parent is shown all the same", () => {
  const odd = call("bridge");
  expect(shown([{ ...odd, parentId: odd.id }])).toEqual(["ADD c1: bridge"]);
});

test("filters and names: container, pod, network, plugin, operation, failed, slow", () => {
  const error = { code: 7, msg: "no" };
  const env = { CNI_ARGS: "K8S_POD_NAMESPACE=default;K8S_POD_NAME=web" };
  const [group] = groupsOf([
    call("bridge", "ADD", { containerId: "abcdef", env, calls: [call("host-local")] }),
    call("portmap", "ADD", { containerId: "abcdef", exitCode: 1, error }),
  ]).groups;
  if (group === undefined) throw new Error("there is no group");
  const yes = [
    ...[{}, { network: "dbnet" }, { plugin: "host-local" }, { operation: "add" }, { failed: true }],
    ...[{ slow: 5 }, { failed: true, plugin: "portmap" }],
  ];
  const no = [
    { network: "db" },
    ...[{ plugin: "host" }, { operation: "DEL" }, { slow: 10_000 }, { plugin: "x", failed: true }],
  ];
  expect(yes.filter((filter) => !fits(group, filter))).toEqual([]);
  expect(no.filter((filter) => fits(group, filter))).toEqual([]);
  expect([group.pod, group.failed?.plugin]).toEqual([
    { namespace: "default", name: "web" },
    "portmap",
  ]);
  const hit = ["abc", "web", "default/web", group.id, group.id.slice(0, 15)];
  expect(hit.filter((name) => named([group], name)[0] !== group)).toEqual([]);
  expect(["", "bcd", "x"].flatMap((name) => named([group], name))).toEqual([]);
});

test("a container is meant, also where the identifier of a call begins as it is named", () => {
  const { groups } = groupsOf([
    call("bridge", "ADD", { id: "c1".padEnd(16, "0") }),
    call("bridge", "DEL"),
  ]);
  expect(named(groups, "c1")).toEqual(groups);
  expect(named(groups, "c10")).toEqual(groups.slice(0, 1));
});
