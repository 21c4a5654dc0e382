import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  AF_UNIX,
  KernelError,
  O_CREAT,
  O_RDWR,
  open,
  SOCK_STREAM,
  socket,
} from "../../kernel/sys/index.ts";
import { takeTurn } from "./index.ts";

test("a turn is taken once", () => {
  const directory = mkdtempSync(join(tmpdir(), "turn-"));
  try {
    using turn = open(join(directory, "turn"), O_RDWR | O_CREAT, 0o600);
    expect(takeTurn(turn)).toBe(true);
    expect(takeTurn(turn)).toBe(false);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("a turn whose lock another process has is not taken, and free after its end", async () => {
  const directory = mkdtempSync(join(tmpdir(), "turn-"));
  try {
    const path = join(directory, "turn");
    using turn = open(path, O_RDWR | O_CREAT, 0o600);
    const holding = `
      import { lockProcess, open, O_RDWR } from "${import.meta.dir}/../../kernel/sys/index.ts";
      console.log(lockProcess(open("${path}", O_RDWR)));
      setInterval(() => {}, 1000);
    `;
    const other = Bun.spawn([process.execPath, "-e", holding], { stdout: "pipe" });
    const { value } = await other.stdout.getReader().read();
    expect(new TextDecoder().decode(value)).toBe("true\n");
    expect(takeTurn(turn)).toBe(false);
    other.kill("SIGKILL");
    await other.exited;
    expect(takeTurn(turn)).toBe(true);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

test("what is no file is no turn, and nobody waits for it", () => {
  using other = socket(AF_UNIX, SOCK_STREAM, 0);
  expect(() => takeTurn(other)).toThrow(KernelError);
});
