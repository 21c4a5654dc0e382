import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, join } from "node:path";
import { type Answer, callOf, type Spoil } from "./call.ts";
import { SOUND } from "./mutant.ts";
import { object, text } from "./spoil.ts";
import { findMutant } from "./table.ts";

/**
 * The program that stands in a plugin's place. Scripts of one line start it: `#!program mutant`, so
 * that neither the environment nor the place of the script is of any weight.
 */

/** The directory with the plugins themselves. */
declare const PLUGINS: string;

/** The CNI_PATH that a delegate is to see. */
const PATH_BEHIND = "MUTANT_CNI_PATH";
/** The operation of the plugin that calls a delegate. */
const OUTER = "MUTANT_OPERATION";
/** Behind a mutant's name: the program stands in the place of a delegate. */
const AS_DELEGATE = "@delegate";

const [, , words = "", script = ""] = process.argv;
const asDelegate = words.endsWith(AS_DELEGATE);
const name = asDelegate ? words.slice(0, -AS_DELEGATE.length) : words;
const mutant = name === SOUND ? undefined : findMutant(name);

const {
  [PATH_BEHIND]: behind = "",
  [OUTER]: outer,
  ...env
} = process.env as Record<string, string>;
const stdin = readFileSync(0, "utf8");

if (mutant === undefined) {
  finish(callOf(join(PLUGINS, basename(script)), { env, stdin }).real());
} else if (asDelegate) {
  const given = { env: { ...env, CNI_PATH: behind }, stdin };
  finish(mutant.spoil(callOf(search(basename(script), behind), given, outer)));
} else {
  const call = callOf(join(PLUGINS, mutant.of), { env, stdin });
  finish((mutant.where === "delegate" ? betweenDelegate : mutant.spoil)(call));
}

/** Lets the plugin find this program first when it looks for its IPAM plugin. */
function betweenDelegate(call: Parameters<Spoil>[0]): Answer {
  const type = text(object(call.config, "ipam"), "type");
  if (!/^[\w.-]+$/.test(type)) return call.real();
  const { CNI_PATH: path = "" } = call.env;
  const directory = mkdtempSync(join(tmpdir(), "mutant-"));
  try {
    writeFileSync(join(directory, type), `#!${process.execPath} ${name}${AS_DELEGATE}\n`);
    chmodSync(join(directory, type), 0o755);
    const changed = {
      CNI_PATH: `${directory}${delimiter}${path}`,
      [PATH_BEHIND]: path,
      [OUTER]: call.operation,
    };
    return call.real({ env: { ...call.env, ...changed } });
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function search(type: string, path: string): string {
  const places = path.split(delimiter).map((directory) => join(directory, type));
  return places.find((place) => existsSync(place)) ?? type;
}

function finish({ stdout, stderr, code }: Answer): never {
  process.stderr.write(stderr);
  process.stdout.write(stdout);
  process.exit(code);
}
