import { printable, shellWord } from "../../base/index.ts";
import type { Exchange, Outcome } from "../check.ts";

/** A call of the subject, or a command of the suite, in lines of plain text. */

/** A line of a finding: a short word, and what stands behind it. */
export type Row = readonly [label: string, text: string];

/** What of each text is shown; the report in JSON has more. */
const SHOWN_MAX = 600;

/** The call that a finding is about: the last one of the subject. */
export function lastCall({ transcript = [] }: Outcome): Exchange | undefined {
  return transcript.findLast(({ env }) => env !== undefined);
}

export function exchangeRows(exchange: Exchange): Row[] {
  const { env = {}, argv, stdin, stdout, stderr } = exchange;
  const variables = Object.entries(env).map(([name, value]) => `${name}=${shellWord(value)}`);
  const rows: Row[] = [["sent", oneLine([...variables, ...argv.map(shellWord)].join(" "))]];
  if (stdin !== undefined && stdin !== "") rows.push(["stdin", oneLine(stdin)]);
  rows.push(["got", `${ending(exchange)} after ${exchange.ms} ms`]);
  if (stdout.trim() !== "") rows.push(["stdout", oneLine(stdout)]);
  if (stderr.trim() !== "") rows.push(["stderr", oneLine(stderr)]);
  return rows;
}

export function ending({ exitCode, signal, ended }: Exchange): string {
  if (ended !== undefined) return `${ended}, and was killed`;
  if (exitCode !== undefined) return `exit code ${exitCode}`;
  return signal === undefined ? "it did not start" : `ended by ${signal}`;
}

/** A text from outside in one line, without what a terminal would act upon. */
export function oneLine(text: string, most: number = SHOWN_MAX): string {
  const line = printable(text.replaceAll(/\s+/gu, " ").trim());
  return line.length > most ? `${line.slice(0, most)}…` : line;
}
