/** A metric with the values of its labels, in the text format of Prometheus (0.0.4). */
interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: "counter" | "gauge" | "histogram";
  lines(): string[];
}

/** Upper bounds in seconds, from a step of a plugin to a lease of a slow server. */
const BUCKETS = [
  ...[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05],
  ...[0.1, 0.25, 0.5, 1, 2.5, 10, 60],
];

/** All metrics. */
export class Registry {
  readonly #families: Family[] = [];

  /** `labels`: the names of the values that come with each observation, in their order. */
  counter(name: string, help: string, labels: readonly string[]): Counter {
    return this.#add(new Counter(name, help, labels));
  }

  histogram(name: string, help: string, labels: readonly string[]): Histogram {
    return this.#add(new Histogram(name, help, labels));
  }

  /** A value that is read for each rendering. */
  gauge(name: string, help: string, read: () => number, type: "gauge" | "counter" = "gauge"): void {
    this.#families.push({ name, help, type, lines: () => [`${name} ${read()}`] });
  }

  /** Values that are read for each rendering, each with the values of its labels behind it. */
  gauges(
    name: string,
    help: string,
    labels: readonly string[],
    read: () => readonly (readonly [value: number, ...labels: string[]])[],
    type: "gauge" | "counter" = "gauge",
  ): void {
    const lines = (): string[] =>
      read().map(([value, ...values]) => {
        return `${name}{${labelText(labels, values.join("\0"))}} ${value}`;
      });
    this.#families.push({ name, help, type, lines });
  }

  /** Facts that do not change, as labels of the value 1. */
  info(name: string, help: string, labels: Readonly<Record<string, string>>): void {
    const text = labelText(Object.keys(labels), Object.values(labels).join("\0"));
    this.#families.push({ name, help, type: "gauge", lines: () => [`${name}{${text}} 1`] });
  }

  render(): string {
    const blocks = this.#families.map((family) => {
      const { name, help, type } = family;
      return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...family.lines()].join("\n");
    });
    return `${blocks.join("\n")}\n`;
  }

  #add<T extends Family>(family: T): T {
    this.#families.push(family);
    return family;
  }
}

/** A value that only goes up. */
export class Counter implements Family {
  readonly type = "counter";
  readonly name: string;
  readonly help: string;
  readonly #labels: readonly string[];
  readonly #values = new Map<string, number>();

  constructor(name: string, help: string, labels: readonly string[]) {
    this.name = name;
    this.help = help;
    this.#labels = labels;
  }

  /** Adds one for these values of the labels. */
  add(...values: readonly string[]): void {
    const key = values.join("\0");
    this.#values.set(key, (this.#values.get(key) ?? 0) + 1);
  }

  lines(): string[] {
    return [...this.#values].map(([key, value]) => {
      return `${this.name}{${labelText(this.#labels, key)}} ${value}`;
    });
  }
}

interface Distribution {
  readonly counts: number[];
  sum: number;
  count: number;
}

/** A distribution of times, in seconds. */
export class Histogram implements Family {
  readonly type = "histogram";
  readonly name: string;
  readonly help: string;
  readonly #labels: readonly string[];
  readonly #values = new Map<string, Distribution>();

  constructor(name: string, help: string, labels: readonly string[]) {
    this.name = name;
    this.help = help;
    this.#labels = labels;
  }

  observe(seconds: number, ...values: readonly string[]): void {
    const key = values.join("\0");
    let value = this.#values.get(key);
    if (value === undefined) {
      value = { counts: BUCKETS.map(() => 0), sum: 0, count: 0 };
      this.#values.set(key, value);
    }
    const at = BUCKETS.findIndex((bound) => seconds <= bound);
    if (at !== -1) value.counts[at] = (value.counts[at] ?? 0) + 1;
    value.sum += seconds;
    value.count++;
  }

  lines(): string[] {
    return [...this.#values].flatMap(([key, { counts, sum, count }]) => {
      const labels = labelText(this.#labels, key);
      const comma = labels === "" ? "" : ",";
      let below = 0;
      const buckets = BUCKETS.map((bound, at) => {
        below += counts[at] ?? 0;
        return `${this.name}_bucket{${labels}${comma}le="${bound}"} ${below}`;
      });
      return [
        ...buckets,
        `${this.name}_bucket{${labels}${comma}le="+Inf"} ${count}`,
        `${this.name}_sum{${labels}} ${sum}`,
        `${this.name}_count{${labels}} ${count}`,
      ];
    });
  }
}

/** `key`: the values joined by NUL, which is cheap, since it is done at every call. */
function labelText(labels: readonly string[], key: string): string {
  const values = key.split("\0");
  return labels
    .map((name, at) => `${name}="${(values[at] ?? "").replace(/[\\"\n]/gu, escaped)}"`)
    .join(",");
}

function escaped(character: string): string {
  return character === "\n" ? "\\n" : `\\${character}`;
}
