import { FORM, type RecordedCall, type RecordedPart, type RecordedStep } from "./call.ts";

type Fields = Readonly<Record<string, unknown>>;

const DEPTH_MAX = 16;
const PARTS_MAX = 1024;
const DOORS = ["executable", "in process", "daemon"] as const;

/** The call in a line; undefined for a torn line, one of another version, and whatever else it may be. */
export function decodeCall(line: string): RecordedCall | undefined {
  let json: unknown;
  try {
    json = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isFields(json) || json["v"] !== FORM) return undefined;
  const part = partOf(json, 0);
  const { time, traceId, parentId, pid, runtime, stdin, waitedMs, env } = json;
  const door = DOORS.find((each) => each === json["door"]);
  if (part === undefined || typeof time !== "string" || Number.isNaN(Date.parse(time))) {
    return undefined;
  }
  if (door === undefined || typeof traceId !== "string" || !isFields(env)) return undefined;
  return {
    ...part,
    ...{ v: FORM, time, traceId, door, pid: numberOf(pid) },
    ...(typeof parentId === "string" ? { parentId } : {}),
    ...(typeof runtime === "string" ? { runtime } : {}),
    ...(typeof stdin === "string" ? { stdin } : {}),
    ...(typeof waitedMs === "number" ? { waitedMs } : {}),
    ...(json["abandoned"] === true ? { abandoned: true } : {}),
    network: textOf(json["network"]),
    containerId: textOf(json["containerId"]),
    ifName: textOf(json["ifName"]),
    netns: textOf(json["netns"]),
    cwd: textOf(json["cwd"]),
    env: Object.fromEntries(
      Object.entries(env).flatMap(([name, value]) =>
        typeof value === "string" ? [[name, value]] : [],
      ),
    ),
    stdinLength: numberOf(json["stdinLength"]),
    masked: textsOf(json["masked"]),
    cut: textsOf(json["cut"]),
  };
}

function partOf(json: Fields, depth: number): RecordedPart | undefined {
  const { operation, plugin, path, id, exitCode, signal, error } = json;
  if (typeof operation !== "string" || typeof plugin !== "string") return undefined;
  if (typeof id !== "string" || !/^[0-9a-f]{16}$/u.test(id) || depth > DEPTH_MAX) return undefined;
  return {
    ...{ operation, plugin, id, at: numberOf(json["at"]), ms: numberOf(json["ms"]) },
    ...(typeof path === "string" ? { path } : {}),
    exitCode: typeof exitCode === "number" ? exitCode : null,
    ...(typeof signal === "string" ? { signal } : {}),
    stdout: textOf(json["stdout"]),
    stderr: textOf(json["stderr"]),
    ...(isFields(error)
      ? { error: { code: numberOf(error["code"]), msg: textOf(error["msg"]) } }
      : {}),
    steps: listOf(json["steps"]).flatMap((each) => stepOf(each) ?? []),
    calls: listOf(json["calls"]).flatMap((each) => partOf(each, depth + 1) ?? []),
  };
}

function stepOf(json: Fields): RecordedStep | undefined {
  const { plugin, step, text } = json;
  if (typeof plugin !== "string" || typeof step !== "string") return undefined;
  return { plugin, step, text: textOf(text), at: numberOf(json["at"]), ms: numberOf(json["ms"]) };
}

function listOf(value: unknown): readonly Fields[] {
  return Array.isArray(value) ? value.slice(0, PARTS_MAX).filter(isFields) : [];
}

function textsOf(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** Times are drawn, so they are finite. */
function numberOf(value: unknown): number {
  return typeof value === "number" && Number.isFinite(value) ? value : 0;
}

function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
