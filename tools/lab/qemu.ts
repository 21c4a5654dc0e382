import { spawn } from "node:child_process";
import { closeSync, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { findProgram } from "./apt.ts";
import { archive } from "./cpio.ts";
import type { Image } from "./image.ts";
import type { Kernel } from "./kernel.ts";
import type { LabMachine } from "./machine.ts";

/** The emulated machine. Software emulation: nested virtualisation is not to be had everywhere. */

const MEMORY_MB = 3072;
const PROCESSORS = 2;

export interface Machine {
  readonly machine: LabMachine;
  readonly kernel: Kernel;
  readonly image: Image;
  /** An empty directory for its files. */
  readonly scratch: string;
  readonly timeoutSeconds: number;
  /** Called with each line that the guest prints. */
  readonly onLine: (line: string) => void;
}

/** Boots the machine and waits until it turns itself off; returns what went wrong, if anything. */
export async function boot(machine: Machine): Promise<string | undefined> {
  const initrd = join(machine.scratch, "initrd");
  const console_ = join(machine.scratch, "console");
  writeImage(initrd, machine.image);
  const { qemu } = machine.machine;
  const argv = ["-accel", "tcg,thread=multi,tb-size=512", ...machine.machine.argv];
  argv.push("-smp", `${PROCESSORS}`, "-m", `${MEMORY_MB}`, "-no-reboot", "-nodefaults");
  argv.push("-display", "none", "-kernel", machine.kernel.image, "-initrd", initrd);
  argv.push("-append", machine.machine.command.join(" "), "-serial", `file:${console_}`);
  argv.push(...reportPort(machine.machine));
  // Network cards for the tests to move about, joined with each other and nothing else.
  for (const id of ["lab0", "lab1"]) {
    argv.push("-netdev", `hubport,id=${id},hubid=0`);
    argv.push("-device", `virtio-net-pci,netdev=${id},romfile=`);
  }
  // An emulator would outlive a test runner that is killed.
  const leash = ["--pdeathsig", "KILL", "--", findProgram(qemu) ?? qemu];
  const child = spawn("setpriv", [...leash, ...argv], { stdio: ["ignore", "pipe", "pipe"] });
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    child.kill("SIGKILL");
  }, machine.timeoutSeconds * 1000);
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const lines = new Lines(machine.onLine);
  child.stdout.setEncoding("utf8").on("data", (text: string) => lines.add(text));
  const end = await new Promise<string | undefined>((resolve) => {
    child.on("error", (error) => resolve(error.message));
    child.on("close", (code) => resolve(code === 0 ? undefined : `${qemu} ended with ${code}`));
  });
  clearTimeout(timer);
  lines.end();
  const problem = timedOut ? `ended after ${machine.timeoutSeconds} s` : end;
  const said = readFileSync(console_, { encoding: "utf8", flag: "a+" });
  return problem === undefined && !/Kernel panic|Oops/.test(said)
    ? undefined
    : [problem ?? "the kernel broke", errors.trim(), said.slice(-4000)].join("\n");
}

/** The second serial port, which machines of arm64 have as a card alone. */
function reportPort({ arch }: LabMachine): string[] {
  if (arch === "x86-64") return ["-serial", "stdio"];
  return ["-chardev", "stdio,id=reports", "-device", "pci-serial,chardev=reports"];
}

function writeImage(path: string, image: Image): void {
  const fd = openSync(path, "w");
  try {
    for (const piece of archive(image.entries())) {
      for (let at = 0; at < piece.length; ) at += writeSync(fd, piece, at);
    }
  } finally {
    closeSync(fd);
  }
}

/** Makes lines of pieces. */
export class Lines {
  readonly #tell: (line: string) => void;
  #rest = "";

  constructor(tell: (line: string) => void) {
    this.#tell = tell;
  }

  add(text: string): void {
    const lines = `${this.#rest}${text}`.split(/\r?\n/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) this.#tell(line);
  }

  end(): void {
    if (this.#rest !== "") {
      this.#tell(this.#rest);
      this.#rest = "";
    }
  }
}
