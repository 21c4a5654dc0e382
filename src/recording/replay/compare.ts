import { Prefix } from "../../addr/index.ts";
import { field, isObject, type JsonObject, type JsonValue, printJson } from "../../spec/index.ts";

/** How a call has ended: the recorded one, or the one that was made again. */
export interface Ending {
  readonly exitCode: number | null;
  readonly stdout: JsonObject | undefined;
  readonly code: number | undefined;
  readonly msg: string | undefined;
  /** The namespace that the call was about. */
  readonly netns: string;
}

/** A difference between what was recorded and what the replay has shown. */
export interface Difference {
  /** Such as `exit code`, or `result: ips[0].gateway`. */
  readonly what: string;
  readonly recorded: string;
  readonly now: string;
}

export interface Comparison {
  readonly differences: readonly Difference[];
  /** What differs as it may: words, and which address of a subnet was free. */
  readonly notes: readonly string[];
}

const DIFFERENCES_MAX = 32;
const SHOWN_MAX = 200;

export function compare(recorded: Ending, now: Ending): Comparison {
  const found = new Findings();
  found.same("exit code", String(recorded.exitCode), String(now.exitCode));
  if (recorded.exitCode !== 0 && now.exitCode !== 0) {
    found.same("error code", String(recorded.code), String(now.code));
    if (recorded.msg !== now.msg) found.note(`it says: ${now.msg ?? "nothing"}`);
  } else if (recorded.exitCode === 0 && now.exitCode === 0) {
    const [before, after] = [new Names(recorded.netns), new Names(now.netns)];
    found.values("result", before.result(recorded.stdout), after.result(now.stdout));
  } else {
    const [failed, verb] = now.exitCode === 0 ? [recorded, "said"] : [now, "says"];
    if (failed.msg !== undefined) found.note(`it ${verb}: ${failed.msg}`);
  }
  return found;
}

class Findings implements Comparison {
  readonly differences: Difference[] = [];
  readonly notes: string[] = [];

  same(what: string, recorded: string, now: string): void {
    if (recorded === now || this.differences.length >= DIFFERENCES_MAX) return;
    const short = (text: string): string => text.slice(0, SHOWN_MAX);
    this.differences.push({ what, recorded: short(recorded), now: short(now) });
  }

  note(text: string): void {
    this.notes.push(text.slice(0, SHOWN_MAX));
  }

  values(what: string, recorded: JsonValue | undefined, now: JsonValue | undefined): void {
    if (Array.isArray(recorded) && Array.isArray(now)) {
      const length = Math.max(recorded.length, now.length);
      for (let at = 0; at < length; at++) this.values(`${what}[${at}]`, recorded[at], now[at]);
      return;
    }
    if (isObject(recorded) && isObject(now)) {
      const names = new Set([...Object.keys(recorded), ...Object.keys(now)]);
      for (const name of names) this.#member(what, name, recorded[name], now[name]);
      return;
    }
    this.same(what, textOf(recorded), textOf(now));
  }

  #member(
    what: string,
    name: string,
    recorded: JsonValue | undefined,
    now: JsonValue | undefined,
  ): void {
    const place = `${what === "result" ? "result: " : `${what}.`}${name}`;
    if (name === "address" && typeof recorded === "string" && typeof now === "string") {
      if (recorded !== now && areNeighbours(recorded, now)) {
        this.note(`${place} is ${now}, another one of the subnet of ${recorded}`);
        return;
      }
    }
    this.values(place, recorded, now);
  }
}

function textOf(value: JsonValue | undefined): string {
  if (value === undefined) return "absent";
  return typeof value === "string" ? value : printJson(value);
}

/** Which address of a subnet is free is another matter on another host. */
function areNeighbours(one: string, other: string): boolean {
  const [first, second] = [Prefix.tryParse(one), Prefix.tryParse(other)];
  if (first === undefined || second === undefined || first.length !== second.length) return false;
  return first.network().toString() === second.network().toString();
}

const MAC = /\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b/giu;
/** Names that plugins make up for links of the host: letters, and digits of a digest or by chance. */
const MADE_UP = /^[a-z]+[-_]?[0-9a-f]{6,}$/u;

/** Gives the same name to what is chosen anew each time. */
class Names {
  readonly #netns: string;
  readonly #madeUp = new Set<string>();

  constructor(netns: string) {
    this.#netns = netns;
  }

  result(value: JsonObject | undefined): JsonValue | undefined {
    if (value === undefined) return undefined;
    for (const one of listOf(field(value, "interfaces"))) {
      const name = isObject(one) ? field(one, "name") : undefined;
      if (typeof name === "string" && MADE_UP.test(name)) this.#madeUp.add(name);
    }
    return this.#value(value);
  }

  #value(value: JsonValue): JsonValue {
    if (typeof value === "string") return this.#text(value);
    if (Array.isArray(value)) return value.map((each) => this.#value(each));
    if (!isObject(value)) return value;
    // The order of keys says nothing; an empty text or list is as good as none.
    const kept = Object.entries(value).filter(([, each]) => !isEmpty(each));
    return Object.fromEntries(kept.map(([key, each]) => [key, this.#value(each)]));
  }

  #text(text: string): string {
    if (this.#netns !== "" && text === this.#netns) return "(namespace)";
    return this.#madeUp.has(text) ? "(link)" : text.replace(MAC, "(MAC)");
  }
}

/** A text that is the same for results that say the same: runtimes print them anew. */
export function canonical(value: JsonValue): string {
  return printJson(sorted(value));
}

function sorted(value: JsonValue): JsonValue {
  if (Array.isArray(value)) return value.map(sorted);
  if (!isObject(value)) return value;
  const kept = Object.entries(value).filter(
    ([name, each]) => name !== "cniVersion" && !isEmpty(each),
  );
  kept.sort(([one], [other]) => (one < other ? -1 : 1));
  return Object.fromEntries(kept.map(([name, each]) => [name, sorted(each)]));
}

function listOf(value: JsonValue | undefined): readonly JsonValue[] {
  return Array.isArray(value) ? value : [];
}

function isEmpty(value: JsonValue): boolean {
  if (value === "" || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isObject(value) && Object.keys(value).length === 0;
}
