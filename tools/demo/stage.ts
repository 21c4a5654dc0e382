import { createColors } from "picocolors";
import { errorText } from "../../src/base/index.ts";
import { duration, type Output } from "../../src/cli/index.ts";

/** Where the demo tells what it does, and counts what it proved. */
export class Stage {
  readonly output: Output;
  readonly #colors: ReturnType<typeof createColors>;
  #proved = 0;
  readonly #failed: string[] = [];

  constructor(env: Readonly<Record<string, string | undefined>>) {
    const isTTY = process.stdout.isTTY;
    const color = !env["NO_COLOR"] && (isTTY || Boolean(env["FORCE_COLOR"]));
    this.output = { write: (text) => void process.stdout.write(text), isTTY, color };
    this.#colors = createColors(color);
  }

  title(text: string): void {
    this.say(`\n${this.#colors.inverse(` ${text} `)}`);
  }

  part(text: string): void {
    this.say(`\n${this.#colors.bold(this.#colors.cyan(text))}`);
  }

  say(text: string): void {
    this.output.write(`${text}\n`);
  }

  note(text: string): void {
    this.say(this.#colors.dim(`  ${text}`));
  }

  /** Tries a claim. What the proof gives back is what was seen; what it throws refutes the claim. */
  async prove(claim: string, proof: () => string | Promise<string>): Promise<void> {
    try {
      const seen = await proof();
      this.#proved++;
      this.say(`${this.#colors.green("✓")} ${claim}${this.#colors.dim(seen && `  ${seen}`)}`);
    } catch (error) {
      this.#failed.push(claim);
      const why = errorText(error);
      this.say(`${this.#colors.red("✗")} ${claim}\n    ${why.replaceAll("\n", "\n    ")}`);
    }
  }

  /** The last line; gives the exit code. */
  finish(ms: number): number {
    if (this.#failed.length > 0) {
      const failed = this.#failed.map((claim) => `\n  ✗ ${claim}`).join("");
      this.say(`\n${this.#colors.red("Not proved:")}${failed}`);
      return 1;
    }
    this.say(`\n${this.#colors.green(`All ${this.#proved} proofs hold`)} (${duration(ms)})`);
    return this.#proved === 0 ? 1 : 0;
  }
}

/** @throws Error unless both are the same */
export function expectSame(what: string, seen: unknown, wanted: unknown): void {
  if (seen === wanted) return;
  throw new Error(`${what} is ${String(seen)}, and should be ${String(wanted)}`);
}
