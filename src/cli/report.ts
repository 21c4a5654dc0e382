import { createColors } from "picocolors";
import { defined } from "../base/index.ts";
import type { StepReport } from "../invoke/index.ts";
import type { PluginReport } from "../runtime/index.ts";
import type { Interface, IpConfig, JsonObject, Operation, Result, Route } from "../spec/index.ts";
import { duration } from "./durations.ts";
import type { Output } from "./io.ts";

type Colors = ReturnType<typeof createColors>;

const TEXT_WIDTH = 70;
const TIME_WIDTH = 9;

/** What one plugin did: itself, and the steps that it and its delegates reported. */
export interface PluginAccount extends PluginReport {
  readonly steps: readonly StepReport[];
}

/** Gathers what the runtime tells, and writes it for people as each plugin ends. */
export class Account {
  readonly plugins: PluginAccount[] = [];
  readonly #out: Output | undefined;
  readonly #colors: Colors;
  readonly #brief: boolean;
  #steps: StepReport[] = [];
  #silent = false;

  /** Without an output nothing is written; a brief account tells plugins without their steps. */
  constructor(out: Output | undefined, options: { brief?: boolean } = {}) {
    this.#out = out;
    this.#brief = options.brief === true;
    this.#colors = createColors(out?.color === true);
  }

  /** From now on plugins are gathered and not written. */
  silence(): void {
    this.#silent = true;
  }

  step(step: StepReport): void {
    this.#steps.push(step);
  }

  plugin(report: PluginReport): void {
    const account = { ...report, steps: this.#steps };
    this.#steps = [];
    this.plugins.push(account);
    // What is taken back is one line a plugin: many of them would hide the cause.
    const isBrief = this.#brief || (report.cleanup && report.error === undefined);
    const told = isBrief ? { ...account, steps: [] } : account;
    const isCut = this.#out?.isTTY === true;
    if (!this.#silent) this.#out?.write(pluginLines(told, this.#colors, isCut));
  }

  /** The same for programs. */
  toJson(): JsonObject[] {
    return this.plugins.map(({ type, operation, path, ms, steps, error, cleanup }) => ({
      type,
      operation,
      ...defined({ path }),
      ms: rounded(ms),
      steps: steps.map((step) => ({ ...step, ms: rounded(step.ms) })),
      ...(cleanup ? { cleanup } : {}),
      ...(error === undefined ? {} : { error: error.toJson() }),
    }));
  }
}

/** Milliseconds as programs are given them: to the microsecond. */
export function rounded(ms: number): number {
  return Math.round(ms * 1000) / 1000;
}

/**
 * A plugin, whether it succeeded, its steps, and how long each took.
 * @param isCut whether lines end where a terminal's would
 */
export function pluginLines(account: PluginAccount, colors: Colors, isCut = true): string {
  const { type, operation, ms, error, cleanup, steps } = account;
  const mark = error === undefined ? colors.green("✓") : colors.red("✗");
  const note = cleanup ? ` ${colors.dim("(taken back)")}` : "";
  const width = TEXT_WIDTH + (cleanup ? -" (taken back)".length : 0);
  const head = `${mark} ${colors.bold(type)}${note}${pad(type, width)}${time(ms, colors)}`;
  const lines = steps.map((step) => stepLine({ step, type, operation, colors, isCut }));
  return `${[head, ...lines].join("\n")}\n`;
}

interface StepLine {
  readonly step: StepReport;
  readonly type: string;
  readonly operation: Operation;
  readonly colors: Colors;
  readonly isCut: boolean;
}

/** DEL works from identity alone, so what a step would have made is not known: its name tells. */
function stepLine({ step: report, type, operation, colors, isCut }: StepLine): string {
  const { plugin, step, text, ms } = report;
  const who = plugin === type ? "" : `${plugin}: `;
  const what = operation === "DEL" ? `${step} gone` : text || step;
  const plain = isCut ? cut(`${who}${what}`, TEXT_WIDTH - 4) : `${who}${what}`;
  return `    ${plain}${pad(plain, TEXT_WIDTH - 2)}${colors.dim(time(ms, colors))}`;
}

function time(ms: number, colors: Colors): string {
  return colors.dim(duration(ms).padStart(TIME_WIDTH));
}

function pad(text: string, width: number): string {
  return " ".repeat(Math.max(1, width - text.length));
}

function cut(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** What a result says: interfaces with their addresses, routes and name servers. */
export function resultLines(result: Result, output: Pick<Output, "color">): string {
  const colors = createColors(output.color);
  const lines = result.interfaces.map((link, index) => interfaceLine(link, index, result, colors));
  const loose = result.ips.filter((ip) => ip.interface === undefined);
  if (loose.length > 0) lines.push(row("address", loose.map(addressText).join(", "), colors));
  if (result.routes.length > 0) {
    lines.push(row("routes", result.routes.map(routeText).join(", "), colors));
  }
  const servers = result.dns.nameservers ?? [];
  if (servers.length > 0) lines.push(row("dns", servers.join(", "), colors));
  return lines.map((line) => `${line}\n`).join("");
}

function interfaceLine(link: Interface, index: number, result: Result, colors: Colors): string {
  const addresses = result.ips.filter((ip) => ip.interface === index).map(addressText);
  const parts = [
    ...addresses,
    link.mac ? colors.dim(link.mac) : "",
    link.mtu === undefined || link.mtu === 0 ? "" : colors.dim(`mtu ${link.mtu}`),
    colors.dim(link.sandbox ? "in the container" : "on the host"),
  ];
  return row(link.name, parts.filter((part) => part !== "").join("  "), colors);
}

function addressText({ address, gateway }: IpConfig): string {
  return gateway === undefined ? address : `${address} via ${gateway}`;
}

function routeText({ dst, gw }: Route): string {
  return gw === undefined ? dst : `${dst} via ${gw}`;
}

/** A name and what belongs to it. */
export function row(name: string, text: string, colors: Colors): string {
  return `  ${colors.bold(name)}${" ".repeat(Math.max(1, 16 - name.length))}${text}`;
}
