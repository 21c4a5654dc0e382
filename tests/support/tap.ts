import { YAML } from "bun";

/** Reads TAP 14 without subtests, by its grammar. */

export interface TapPoint {
  readonly ok: boolean;
  readonly number: number;
  readonly description: string;
  readonly directive: "skip" | "todo" | undefined;
  readonly reason: string;
  readonly diagnostic: Readonly<Record<string, unknown>> | undefined;
}

const POINT = /^(not ok|ok) (\d+) - ((?:\\[\\#]|[^\\#])*?)(?: # (skip|todo) (.*))?$/iu;

/** @throws Error where a line is no TAP, or the plan is another */
export function parseTap(text: string): TapPoint[] {
  const lines = text.split("\n");
  if (lines.shift() !== "TAP version 14") throw new Error("no TAP 14");
  const planned = Number(/^1\.\.(\d+)$/u.exec(lines.shift() ?? "")?.[1]);
  const points: TapPoint[] = [];
  for (let line = lines.shift(); line !== undefined; line = lines.shift()) {
    if (line === "" || line.startsWith("# ")) continue;
    const [, ok, number, description = "", directive, reason = ""] = POINT.exec(line) ?? [];
    if (ok === undefined) throw new Error(`no TAP: ${line}`);
    const point = {
      ...{ ok: ok === "ok", number: Number(number) },
      ...{ description: unescaped(description), reason: unescaped(reason) },
      directive: directive?.toLowerCase() as TapPoint["directive"],
    };
    points.push({ ...point, diagnostic: diagnosticOf(lines) });
  }
  const isCounted = points.every(({ number }, index) => number === index + 1);
  if (!isCounted || points.length !== planned) throw new Error("not as planned");
  return points;
}

function diagnosticOf(lines: string[]): TapPoint["diagnostic"] {
  if (lines[0] !== "  ---") return undefined;
  const end = lines.indexOf("  ...");
  if (end < 0) throw new Error("a diagnostic without an end");
  const block = lines.splice(0, end + 1).slice(1, -1);
  return YAML.parse(block.join("\n")) as TapPoint["diagnostic"];
}

function unescaped(text: string): string {
  return text.replaceAll(/\\([\\#])/gu, "$1");
}
