import { expect, test } from "bun:test";
import type { Case, Outcome, PluginAnswer, Step } from "./case.ts";
import { judge } from "./compare.ts";
import { stateLines } from "./lines.ts";

/** How two plays of a case are compared. */

const NOTHING = Array.from({ length: 9 }, () => "").join("@@\n");

function outcome(answer: unknown, exitCode: number, files: readonly string[] = []): Outcome {
  const text = JSON.stringify(answer);
  const given: PluginAnswer = { type: "static", exitCode, stdout: text, stderr: "" };
  return {
    answers: [given],
    state: { namespaces: { host: NOTHING }, nft: "", iptables: "", files },
  };
}

function caseOf(...steps: Step[]): Case {
  const list = { cniVersion: "1.0.0", name: "net1", plugins: [{ type: "static" }] };
  return { subject: "static", list, capabilityArgs: {}, args: "", steps };
}

const ADD: Step = { op: "ADD", box: 0 };
const DONE = outcome({ cniVersion: "1.0.0" }, 0);

test("what is alike is no difference", () => {
  expect(judge(caseOf(ADD), [DONE], [DONE])).toMatchObject({ unexplained: [], compared: 1 });
});

test("a difference without a number is told with its step, and ends the comparison", () => {
  const other = outcome({ cniVersion: "1.0.0", ips: [] }, 0);
  const { unexplained, compared } = judge(
    caseOf(ADD, ADD, ADD),
    [DONE, DONE, DONE],
    [DONE, other, DONE],
  );
  expect([unexplained, compared]).toEqual([["2. + answer static.ips = []"], 2]);
});

test("codes may differ where Go has none of its own, and not otherwise", () => {
  const error = (code: number): Outcome => outcome({ code, msg: "no" }, 1);
  const uncoded = judge(caseOf(ADD), [error(999)], [error(7)]);
  expect([uncoded.unexplained, [...uncoded.numbers].map(({ number }) => number)]).toEqual([
    [],
    ["D30"],
  ]);
  expect(judge(caseOf(ADD), [error(7)], [error(999)]).unexplained).toHaveLength(2);
});

test("one side that fails alone is told with its words", () => {
  const error = outcome({ code: 11, msg: "full" }, 1);
  const { unexplained } = judge(caseOf(ADD), [DONE], [error]);
  expect(unexplained).toContain("1. + answer static: failed: 11 full");
});

test("a difference of the state that stands since an earlier step counts once", () => {
  const lock = outcome({ cniVersion: "1.0.0" }, 0, ['/var/lib/cni/networks/net1/lock 750 ""']);
  const del: Step = { op: "DEL", box: 0, netns: "given", prevResult: true };
  const { unexplained, compared } = judge(caseOf(del, ADD), [lock, lock], [DONE, DONE]);
  expect([unexplained, compared]).toEqual([[], 2]);
});

test("names that are chosen anew, and marks of ours, are the same in both", () => {
  const link = (name: string, more: object): string =>
    JSON.stringify([{ ifname: name, address: "9a:00:00:00:00:01", ...more }]);
  const lines = (text: string): string[] => {
    const host = [text, ...Array.from({ length: 8 }, () => "")].join("@@\n");
    return stateLines({ namespaces: { host }, nft: "", iptables: "", files: [] });
  };
  expect(lines(link("veth01234567", {}))).toEqual(["host link VETH address MAC"]);
  expect(lines(link("vethfedcba98", { ifalias: "net1 id-c0 eth0" }))).toEqual(
    lines(link("veth01234567", {})),
  );
});
