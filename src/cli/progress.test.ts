import { expect, test } from "bun:test";
import { Progress } from "./progress.ts";

const LONG_MS = 650;

function output(isTTY: boolean): {
  texts: string[];
  write(text: string): void;
  isTTY: boolean;
  color: boolean;
} {
  const texts: string[] = [];
  return { texts, write: (text) => void texts.push(text), isTTY, color: false };
}

test("a long wait is shown on a terminal, and taken away", async () => {
  const terminal = output(true);
  const progress = new Progress(terminal);
  progress.start("ADD of bridge");
  await Bun.sleep(LONG_MS);
  progress.stop();
  expect(terminal.texts.length).toBeGreaterThan(1);
  expect(terminal.texts[0]).toContain("ADD of bridge (");
  expect(terminal.texts.at(-1)).toBe("\r\u001b[K");
});

test("a short wait is not worth a line", async () => {
  const terminal = output(true);
  const progress = new Progress(terminal);
  progress.start("ADD of bridge");
  await Bun.sleep(50);
  progress.stop();
  expect(terminal.texts).toEqual([]);
});

test("a file or a pipe gets nothing", async () => {
  const pipe = output(false);
  const progress = new Progress(pipe);
  progress.start("ADD of bridge");
  await Bun.sleep(LONG_MS);
  progress.stop();
  expect(pipe.texts).toEqual([]);
});
