import { defined } from "../../base/index.ts";
import {
  ENV,
  field,
  isObject,
  JsonDocument,
  type JsonValue,
  numberOf,
  parseJson,
} from "../../spec/index.ts";
import type { CallSpan, EndedCall, Outcome } from "../observe/index.ts";
import { FORM, type RecordedCall, type RecordedEnd, type RecordedPart } from "./call.ts";
import { Mask } from "./mask.ts";

/** Bounds of what callers and plugins decide the size of, in characters. */
const STDIN_MAX = 256 * 1024;
const STDOUT_MAX = 128 * 1024;
const TEXT_MAX = 4096;
const VARIABLES_MAX = 256;
const SHORT_MAX = 512;
/** Variables that are kept as they are, but for their secrets. */
const KEPT = /^(?:CNI_|HAWSER_|TRACE(?:PARENT|STATE)$|PATH$)/u;

/** The form of a call that has ended, without its secrets. */
export function recordOf(call: EndedCall): RecordedCall {
  const { span, door, caller, env, cwd, waitedMs, abandoned } = call;
  const { traceId, parentId } = span.context;
  const mask = new Mask();
  const cut: string[] = [];
  const given = call.stdin();
  const stdin = given === undefined ? undefined : JsonDocument.from(given);
  const text = stdin === undefined ? undefined : stdinOf(stdin.text, mask, cut);
  const variables = environmentOf(env, mask, cut);
  // Last, since secrets of the input are searched for in all that the plugin said.
  const whole = partOf(span, 0, mask, cut);
  for (const [name, value] of Object.entries(variables)) variables[name] = mask.searched(value);
  return {
    ...{ v: FORM, time: span.time.toISOString(), ...whole, traceId, door, pid: caller.pid },
    ...defined({ parentId, runtime: caller.runtime, waitedMs, abandoned: abandoned || undefined }),
    network: short(networkOf(stdin), mask),
    containerId: short(env[ENV.CONTAINERID] ?? "", mask),
    ifName: short(env[ENV.IFNAME] ?? "", mask),
    netns: short(env[ENV.NETNS] ?? "", mask),
    cwd: short(cwd, mask),
    env: variables,
    ...(text === undefined ? {} : { stdin: mask.searched(text) }),
    stdinLength: stdin?.text.length ?? 0,
    ...{ masked: mask.places, cut },
  };
}

function environmentOf(env: EndedCall["env"], mask: Mask, cut: string[]): Record<string, string> {
  const names = Object.keys(env);
  if (names.length > VARIABLES_MAX) cut.push(`env: ${names.length} variables`);
  const kept = names.slice(0, VARIABLES_MAX).map((name): [string, string] => {
    const value = env[name] ?? "";
    const place = `env: ${name}`;
    if (!KEPT.test(name)) return [short(name, mask), mask.foreign(name, value)];
    if (value.length > TEXT_MAX) cut.push(`${place}: ${value.length} characters`);
    const head = value.slice(0, TEXT_MAX);
    const pairs = name === ENV.ARGS;
    return [name, pairs ? mask.pairs(head, place) : mask.keyed(name, head, place)];
  });
  return Object.fromEntries(kept);
}

function stdinOf(text: string, mask: Mask, cut: string[]): string | undefined {
  if (text === "") return "";
  if (text.length > STDIN_MAX) {
    cut.push(`stdin: ${text.length} characters`);
    return undefined;
  }
  const masked = mask.json(text, "stdin");
  if (masked === undefined) cut.push("stdin: it is no JSON");
  return masked;
}

function partOf(span: CallSpan, at: number, mask: Mask, cut: string[]): RecordedPart {
  const { callee, context, outcome, ms, steps, calls, startedAt, dropped } = span;
  const path = callee.path === undefined ? undefined : short(callee.path, mask);
  if (dropped > 0) cut.push(`${short(callee.plugin, mask)}: ${dropped} steps and calls`);
  return {
    operation: short(callee.operation, mask),
    plugin: short(callee.plugin, mask),
    ...defined({ path }),
    id: context.spanId,
    ...{ at: rounded(at), ms: rounded(ms) },
    ...endOf(outcome, mask, cut, callee.plugin),
    steps: steps.map((step) => ({
      plugin: short(step.plugin, mask),
      step: short(step.step, mask),
      text: mask.found(step.text.slice(0, SHORT_MAX)),
      at: rounded(Math.max(at, at + step.at)),
      ms: rounded(step.ms),
    })),
    calls: calls.map((each) => partOf(each, at + each.startedAt - startedAt, mask, cut)),
  };
}

function endOf(
  outcome: Outcome | undefined,
  mask: Mask,
  cut: string[],
  plugin: string,
): RecordedEnd {
  if (outcome === undefined) return { exitCode: null, stdout: "", stderr: "" };
  const { exitCode, signal, failure } = outcome;
  const printed = outcome.stdout();
  if (printed.length > STDOUT_MAX) cut.push(`${plugin}: stdout of ${printed.length} characters`);
  const whole = printed.length <= STDOUT_MAX ? mask.json(printed, "stdout") : undefined;
  const stdout =
    whole === undefined ? mask.found(printed.slice(0, TEXT_MAX)) : mask.searched(whole);
  const said = exitCode === 0 ? undefined : errorIn(stdout);
  const error =
    said ??
    (failure === undefined ? undefined : { code: 0, msg: mask.found(failure.slice(0, TEXT_MAX)) });
  return {
    exitCode,
    ...defined({ signal }),
    ...{ stdout, stderr: mask.found(outcome.stderr.slice(-TEXT_MAX)) },
    ...defined({ error }),
  };
}

/** The error object that a plugin has printed. */
function errorIn(stdout: string): RecordedEnd["error"] {
  let value: JsonValue;
  try {
    value = parseJson(stdout);
  } catch {
    return undefined;
  }
  const msg = isObject(value) ? field(value, "msg") : undefined;
  if (!isObject(value) || typeof msg !== "string") return undefined;
  return { code: numberOf(field(value, "code")) ?? 0, msg: msg.slice(0, TEXT_MAX) };
}

function networkOf(stdin: JsonDocument | undefined): string {
  try {
    const config = stdin?.value;
    const name = isObject(config) ? field(config, "name") : undefined;
    return typeof name === "string" ? name : "";
  } catch {
    return "";
  }
}

function short(text: string, mask: Mask): string {
  return mask.found(text.slice(0, SHORT_MAX));
}

/** To the microsecond. */
function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}
