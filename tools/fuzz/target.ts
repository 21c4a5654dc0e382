import fc from "fast-check";
import { errorText } from "../../src/base/index.ts";

/** Something that reads what strangers write: whatever comes, it answers or refuses, soon. */
export interface Target {
  readonly name: string;
  /** Inputs that it accepts: what it is fed grows out of them. */
  readonly seeds: readonly Uint8Array[];
  /** Reads an input. What it throws is a fault, unless `refuses` says that it is a refusal. */
  readonly read: (input: Uint8Array) => void | Promise<void>;
  readonly refuses?: (thrown: unknown) => boolean;
}

export interface Budget {
  readonly seconds?: number;
  readonly runs?: number;
  readonly seed: number;
}

/** Values at which readers of bytes stumble, as little-endian and big-endian programs write them. */
const LENGTHS = [0x00, 0x01, 0x7f, 0x80, 0xff, 0xfe];
/** No input may take longer: what a stranger sends has to be refused within a moment. */
const LIMIT_MS = 2000;
const EDITS_MAX = 6;

/** What is cut out of an input, and what is put in its place. */
interface Edit {
  readonly at: number;
  readonly length: number;
  readonly put: Uint8Array;
}

/** Feeds a target until the budget is used. Gives what went wrong, with the smallest input found; undefined if nothing. */
export async function fuzz(target: Target, budget: Budget): Promise<string | undefined> {
  const inputs = fc.oneof(
    { weight: 8, arbitrary: grown(target.seeds) },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }) },
  );
  const property = fc.asyncProperty(inputs, async (input) => await judge(target, input));
  const details = await fc.check(property, {
    seed: budget.seed,
    numRuns: budget.runs ?? Number.MAX_SAFE_INTEGER,
    ...(budget.seconds === undefined
      ? {}
      : { interruptAfterTimeLimit: budget.seconds * 1000, markInterruptAsFailure: false }),
  });
  if (!details.failed) return undefined;
  const [input] = details.counterexample ?? [];
  const told = input === undefined ? "" : JSON.stringify(Buffer.from(input).toString("latin1"));
  return `${target.name}, seed ${details.seed}: ${errorText(details.errorInstance)}\non ${told}`;
}

async function judge(target: Target, input: Uint8Array): Promise<void> {
  const started = performance.now();
  try {
    await target.read(input);
  } catch (thrown) {
    if (target.refuses?.(thrown) !== true) throw thrown;
  }
  const took = performance.now() - started;
  if (took > LIMIT_MS) throw new Error(`it took ${Math.round(took)} ms`);
}

/** Seeds with some edits each. */
function grown(seeds: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> {
  const put = fc.oneof(
    fc.constantFrom(...LENGTHS).map((byte) => Uint8Array.of(byte)),
    fc.uint8Array({ maxLength: 4 }),
    // A piece of a seed, so that what is right comes in the wrong place, or twice.
    fc
      .tuple(fc.constantFrom(...seeds), fc.nat(), fc.nat(40))
      .map(([seed, from, length]) => piece(seed, from, length)),
  );
  const edit: fc.Arbitrary<Edit> = fc.record({ at: fc.nat(), length: fc.nat(12), put });
  const edits = fc.array(edit, { maxLength: EDITS_MAX });
  return fc.tuple(fc.constantFrom(...seeds), edits).map(([seed, all]) => all.reduce(edited, seed));
}

function piece(seed: Uint8Array, from: number, length: number): Uint8Array {
  const at = from % (seed.length + 1);
  return seed.subarray(at, at + length);
}

function edited(bytes: Uint8Array, { at, length, put }: Edit): Uint8Array {
  const from = at % (bytes.length + 1);
  return Uint8Array.from([...bytes.subarray(0, from), ...put, ...bytes.subarray(from + length)]);
}
