import { createColors } from "picocolors";
import { closingLine, count, judgeSkips, type Outcome } from "./outcome.ts";

const colors = createColors(process.stdout.isTTY === true);

/** Prints one line for what just ran, and all that it said when it failed. */
export function tell(
  title: string,
  outcomes: readonly Outcome[],
  seconds: number,
  output: string,
): void {
  const counts = count(judgeSkips(outcomes));
  const bad = counts.failed > 0;
  const mark = bad ? colors.red("FAIL") : colors.green("ok  ");
  console.log(
    `${mark} ${title}  ${colors.dim(`${closingLine(counts)} (${seconds.toFixed(1)} s)`)}`,
  );
  if (bad) console.log(output.trimEnd().replaceAll(/^/gm, "     "));
}
