import { describe, expect, test } from "bun:test";
import type { CallForm, CallGroupForm } from "../../forms/index.ts";
import { errorStats, pluginStats, pointsByPlugin, quantile, slowest, timedCalls } from "./stats.ts";

let made = 0;
function group(minute: number, calls: CallForm[], ms: number = 1): CallGroupForm {
  made += 1;
  const time = new Date(Date.UTC(2026, 10, 30, 10, minute)).toISOString();
  return {
    ...{ id: `g${made}`, time, operation: "ADD", netns: "", ms, failed: false, calls },
    ...{ network: "n", containerId: "c", ifName: "eth0" },
  };
}

function call(plugin: string, ms: number, more: Partial<CallForm> = {}): CallForm {
  made += 1;
  return { id: `c${made}`, operation: "ADD", plugin, ms, exitCode: 0, ...more };
}

test("a quantile is one of the numbers", () => {
  const numbers = Array.from({ length: 100 }, (_, index) => index + 1);
  expect([0.5, 0.95, 1].map((part) => quantile(numbers, part))).toEqual([50, 95, 100]);
  expect(quantile([7], 0.5)).toBe(7);
  expect(quantile([], 0.5)).toBe(0);
});

test("plugins have a line for each operation, delegates too", () => {
  const ipam = call("host-local", 2, { exitCode: 1 });
  const calls = timedCalls([
    group(0, [call("bridge", 10, { calls: [ipam] }), call("bridge", 4, { operation: "DEL" })]),
    group(1, [call("bridge", 30)]),
  ]);
  const lines = pluginStats(calls).map((each) => {
    return `${each.plugin} ${each.operation} ${each.count} ${each.failed} ${each.median} ${each.max}`;
  });
  expect(lines).toEqual(["bridge ADD 2 0 10 30", "bridge DEL 1 0 4 4", "host-local ADD 1 1 2 2"]);
});

describe("errors", () => {
  const full = { code: 100, msg: "full" };
  const later = { code: 100, msg: "still full" };

  test("count once where a plugin passes on its delegate's", () => {
    const ipam = (error: typeof full): CallForm => call("host-local", 1, { exitCode: 1, error });
    const calls = timedCalls([
      group(5, [call("bridge", 2, { exitCode: 1, error: later, calls: [ipam(later)] })]),
      group(1, [call("bridge", 2, { exitCode: 1, error: full, calls: [ipam(full)] })]),
      group(2, [call("tuning", 2, { exitCode: 1, error: { code: 7, msg: "wrong" } })]),
    ]);
    expect(errorStats(calls)).toMatchObject([
      { code: 100, count: 2, plugins: ["host-local"], msg: "still full" },
      { code: 7, count: 1, plugins: ["tuning"], msg: "wrong" },
    ]);
  });

  test("are none where no call has failed", () => {
    expect(errorStats(timedCalls([group(0, [call("bridge", 2)])]))).toEqual([]);
  });
});

test("points stand in the order of their times, one operation beside the other", () => {
  const calls = timedCalls([
    group(2, [call("bridge", 3, { operation: "DEL" })]),
    group(1, [call("bridge", 5), call("bridge", 1, { operation: "CHECK" })]),
  ]);
  const [points, ...others] = pointsByPlugin(calls);
  expect(others).toEqual([]);
  expect(points).toMatchObject({ plugin: "bridge", adds: [5, null], dels: [null, 3], longest: 5 });
  expect(points?.times).toEqual([
    Date.UTC(2026, 10, 30, 10, 1) / 1000,
    Date.UTC(2026, 10, 30, 10, 2) / 1000,
  ]);
});

test("the slowest come first, and only so many", () => {
  const groups = [group(0, [], 5), group(0, [], 50), group(0, [], 20)];
  expect(slowest(groups, 2).map(({ ms }) => ms)).toEqual([50, 20]);
});
