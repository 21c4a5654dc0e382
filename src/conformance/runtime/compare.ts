import { expect } from "../plugin/answer.ts";
import type { Json, JsonObject } from "../subject/index.ts";
import type { Call } from "./recorder.ts";

/** How what a recorder got is compared with what it should have got. */

/** Whether all that is wanted came; keys beside it may be there, as runtimes complete what they pass. */
export function holds(came: Json | undefined, wanted: Json): boolean {
  if (Array.isArray(wanted)) {
    const list = wanted as readonly Json[];
    if (!Array.isArray(came) || came.length !== list.length) return false;
    return list.every((each, index) => holds((came as readonly Json[])[index], each));
  }
  if (typeof wanted !== "object" || wanted === null) return came === wanted;
  if (typeof came !== "object" || came === null || Array.isArray(came)) return false;
  const object = came as JsonObject;
  return Object.entries(wanted).every(([key, each]) => isEmpty(each) || holds(object[key], each));
}

/** `dns: {}` says nothing. */
function isEmpty(value: Json): boolean {
  return typeof value === "object" && value !== null && Object.keys(value).length === 0;
}

/** The addresses in a result, of whatever version. */
export function addressesIn(result: Json | undefined): string[] {
  if (typeof result !== "object" || result === null || Array.isArray(result)) return [];
  const { ips, ip4, ip6 } = result as JsonObject;
  const listed = Array.isArray(ips) ? (ips as readonly Json[]) : [ip4, ip6];
  return listed.flatMap((one) => {
    if (typeof one !== "object" || one === null || Array.isArray(one)) return [];
    const { address, ip } = one as JsonObject;
    const text = address ?? ip;
    return typeof text === "string" ? [text] : [];
  });
}

/** What was called, in order: "ADD rec-a". */
export function order(calls: readonly Call[]): string[] {
  return calls.map(({ operation, plugin }) => `${operation} ${plugin}`);
}

export function expectOrder(calls: readonly Call[], wanted: readonly string[]): void {
  const came = order(calls);
  const text = wanted.length === 0 ? "no call of a plugin" : `the calls ${wanted.join(", ")}`;
  expect(came.join() === wanted.join(), text, came.length === 0 ? "none" : came.join(", "));
}

/** The prevResult of each call has the address of that recorder's result. */
export function expectPrevResult(call: Call, address: string): void {
  const came = addressesIn(call.request["prevResult"]);
  const what = `${call.operation} ${call.plugin} with the prevResult that has ${address}`;
  expect(came.join() === address, what, call.request["prevResult"]);
}

export function expectNoPrevResult(call: Call): void {
  const what = `${call.operation} ${call.plugin} without prevResult`;
  expect(!Object.hasOwn(call.request, "prevResult"), what, call.request["prevResult"]);
}
