/** One call of a plugin, with the plugin that stands behind it. */

/** A JSON object of which nothing is known. */
export type Json = Record<string, unknown>;

/** How a plugin ended and what it printed. */
export interface Answer {
  readonly stdout: string;
  readonly stderr: string;
  readonly code: number;
}

/** What goes into a plugin's process. */
export interface Given {
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: string;
}

/** One call, as a fault sees it. */
export interface Call extends Given {
  /** CNI_COMMAND, "" where it is absent. */
  readonly operation: string;
  /** What stdin says; empty where it is no object. */
  readonly config: Json;
  /** In a delegate's place: the operation of the plugin that calls it; else "". */
  readonly outer: string;
  /** Runs the plugin itself, with what was given or with something else. */
  real(changed?: Partial<Given>): Answer;
}

/** A fault: what is answered in the plugin's place. */
export type Spoil = (call: Call) => Answer;

/** Reads an object; undefined for anything else. */
export function parsed(text: string): Json | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isJson(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a value is an object of JSON. */
export function isJson(value: unknown): value is Json {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A call of the program at `path`. */
export function callOf(path: string, given: Given, outer = ""): Call {
  return {
    ...given,
    outer,
    operation: given.env["CNI_COMMAND"] ?? "",
    config: parsed(given.stdin) ?? {},
    real: (changed = {}) => {
      const { env, stdin } = { ...given, ...changed };
      const ended = Bun.spawnSync([path], { env: { ...env }, stdin: Buffer.from(stdin) });
      return {
        stdout: ended.stdout.toString(),
        stderr: ended.stderr.toString(),
        code: ended.exitCode ?? 1,
      };
    },
  };
}
