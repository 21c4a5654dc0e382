/** The facts of a line of the log, by their names. */
export type LogFacts = Readonly<Record<string, unknown>>;

/** Writes lines of one JSON object each. */
export class Log {
  readonly #write: (text: string) => void;
  readonly #now: () => Date;

  constructor(write: (text: string) => void, now: () => Date = () => new Date()) {
    this.#write = write;
    this.#now = now;
  }

  info(event: string, facts: LogFacts = {}): void {
    this.#line("info", event, facts);
  }

  warn(event: string, facts: LogFacts = {}): void {
    this.#line("warn", event, facts);
  }

  error(event: string, facts: LogFacts = {}): void {
    this.#line("error", event, facts);
  }

  #line(level: string, event: string, facts: LogFacts): void {
    this.#write(`${JSON.stringify({ time: this.#now().toISOString(), level, event, ...facts })}\n`);
  }
}
