import { errorText } from "../../../base/index.ts";
import { DEFAULT_SOCKET } from "../config.ts";

/** The daemon's command line. */
export interface Flags {
  /** Where to write the process's number; "" for nowhere. */
  readonly pidFile: string;
  /** Where the host's files are seen; goes before each of its paths. */
  readonly hostPrefix: string;
  readonly socketPath: string;
  readonly broadcast: boolean;
  readonly timeoutMs: number;
  readonly resendMaxMs: number;
  readonly resendTimeoutMs: number;
}

/** The command line is wrong, or help was asked for. */
export class FlagError extends Error {
  override name = "FlagError";
  readonly wantsHelp: boolean;

  constructor(message: string, wantsHelp = false) {
    super(message);
    this.wantsHelp = wantsHelp;
  }
}

export const USAGE: string = `Usage of dhcp daemon:
  -broadcast
        ask servers to answer by broadcast
  -hostprefix string
        prefix of the host's paths: of the socket, the state directory and CNI_NETNS
  -pidfile string
        optional path of a file for the process's number
  -resendmax duration
        longest pause between two messages to servers (default 1m2s)
  -resendtimeout duration
        longest search for an address (default 3m28s)
  -socketpath string
        path of the socket to listen at (default "${DEFAULT_SOCKET}")
  -timeout duration
        how long one request may stay unanswered (default 10s)

Leases are kept in $HAWSER_STATE_DIR/dhcp, by default /run/hawser/dhcp.
`;

const DEFAULTS: Flags = {
  pidFile: "",
  hostPrefix: "",
  socketPath: DEFAULT_SOCKET,
  broadcast: false,
  timeoutMs: 10_000,
  resendMaxMs: 62_000,
  resendTimeoutMs: 208_000,
};

/** How the text of each flag is read. */
const READERS: ReadonlyMap<string, (value: string) => Partial<Flags>> = new Map<
  string,
  (value: string) => Partial<Flags>
>([
  ["pidfile", (value) => ({ pidFile: value })],
  ["hostprefix", (value) => ({ hostPrefix: value })],
  ["socketpath", (value) => ({ socketPath: value })],
  ["broadcast", (value) => ({ broadcast: readBoolean(value) })],
  ["timeout", (value) => ({ timeoutMs: readDuration(value) })],
  ["resendmax", (value) => ({ resendMaxMs: readDuration(value) })],
  ["resendtimeout", (value) => ({ resendTimeoutMs: readDuration(value) })],
]);

/** Reads flags as Go does: one dash or two, the value behind "=" or in the next word. */
export function parseFlags(words: readonly string[]): Flags {
  let flags = DEFAULTS;
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    const [, name = "", value] = /^--?([^=-][^=]*)(?:=(.*))?$/su.exec(word) ?? [];
    if (name === "h" || name === "help") throw new FlagError("help", true);
    const read = READERS.get(name);
    if (name === "") throw new FlagError(`unexpected argument ${JSON.stringify(word)}`);
    if (read === undefined) throw new FlagError(`flag provided but not defined: -${name}`);
    const next = value ?? (name === "broadcast" ? "true" : words[++at]);
    if (next === undefined) throw new FlagError(`flag needs an argument: -${name}`);
    try {
      flags = { ...flags, ...read(next) };
    } catch (error) {
      const reason = errorText(error);
      throw new FlagError(`invalid value ${JSON.stringify(next)} for flag -${name}: ${reason}`);
    }
  }
  if (flags.pidFile !== "" && !flags.pidFile.startsWith("/")) {
    throw new FlagError(`pidfile ${JSON.stringify(flags.pidFile)} is not an absolute path`);
  }
  return flags;
}

const UNITS: ReadonlyMap<string, number> = new Map([
  ["ns", 1e-6],
  ["us", 1e-3],
  ["µs", 1e-3],
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
]);

/** A positive duration as Go writes it: `1m30s`, `500ms`, `1.5h`. */
function readDuration(text: string): number {
  if (!/^(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+$/u.test(text)) throw new RangeError("parse error");
  let ms = 0;
  for (const [, number = "", unit = ""] of text.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/gu)) {
    ms += Number(number) * (UNITS.get(unit) ?? 0);
  }
  if (!(ms > 0)) throw new RangeError("it must be more than nothing");
  return ms;
}

function readBoolean(text: string): boolean {
  if (/^(?:1|t|true)$/iu.test(text)) return true;
  if (/^(?:0|f|false)$/iu.test(text)) return false;
  throw new RangeError("parse error");
}
