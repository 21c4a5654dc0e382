import { describe, expect, test } from "bun:test";
import type { CallForm, CallGroupForm } from "../../forms/index.ts";
import { barOf, waterfallOf } from "./waterfall.ts";

function group(calls: CallForm[], ms: number = 20): CallGroupForm {
  return {
    ...{ id: "a", time: "2026-11-30T10:00:00Z", operation: "ADD", netns: "", ms, failed: false },
    ...{ network: "n", containerId: "c", ifName: "eth0", calls },
  };
}

function call(plugin: string, at: number, ms: number, more: Partial<CallForm> = {}): CallForm {
  return { id: `${plugin}${at}`, operation: "ADD", plugin, at, ms, exitCode: 0, ...more };
}

function step(name: string, at: number, ms: number): NonNullable<CallForm["steps"]>[number] {
  return { plugin: "p", step: name, text: `${name} made`, at, ms };
}

function drawn(calls: CallForm[]): string[] {
  return waterfallOf(group(calls)).rows.map(({ depth, label, at, ms }) => {
    return `${"  ".repeat(depth)}${label} ${at}+${ms}`;
  });
}

describe("a waterfall", () => {
  test("has each call, below it its steps, and within the step that holds it a delegate", () => {
    const ipam = call("host-local", 6, 1, { steps: [step("reservation", 6.2, 0.5)] });
    const bridge = call("bridge", 1, 10, {
      steps: [step("veth pair", 2, 3), step("addresses", 5.5, 2), step("interface", 8, 1)],
      calls: [ipam],
    });
    const later = call("portmap", 0, 3, { time: "2026-11-30T10:00:00.012Z" });
    expect(drawn([bridge, later])).toEqual([
      "bridge 1+10",
      "  veth pair 2+3",
      "  addresses 5.5+2",
      "    host-local ADD 6+1",
      "      reservation 6.2+0.5",
      "  interface 8+1",
      "portmap 12+3",
    ]);
  });

  test("has a delegate that no step holds beside the steps", () => {
    const bridge = call("bridge", 0, 10, {
      steps: [step("veth pair", 1, 3)],
      calls: [call("dhcp", 5, 4)],
    });
    expect(drawn([bridge])).toEqual(["bridge 0+10", "  veth pair 1+3", "  dhcp ADD 5+4"]);
  });

  test("is as long as what ends last, and never without a length", () => {
    expect(waterfallOf(group([call("a", 15, 20)])).ms).toBe(35);
    expect(waterfallOf(group([], 0)).ms).toBeGreaterThan(0);
  });

  test("has a bar for each row that is to be seen, and within the whole", () => {
    const { rows, ms } = waterfallOf(group([call("a", 0, 20), call("b", 20, 0)]));
    expect(rows.map((row) => barOf(row, ms))).toEqual([
      { left: 0, width: 100 },
      { left: 99.5, width: 0.5 },
    ]);
  });

  test("says what failed, and how it was called", () => {
    const error = { code: 100, msg: "full" };
    const [failed, killed] = waterfallOf(
      group([
        call("a", 0, 1, { exitCode: 1, error, door: "executable" }),
        call("b", 1, 2, { exitCode: null }),
      ]),
    ).rows;
    expect(failed).toMatchObject({ hasFailed: true, error, note: "as an executable, exit code 1" });
    expect(killed).toMatchObject({ hasFailed: true, note: "ended by a signal, or never started" });
  });
});
