import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { must } from "./must.ts";

/** Archives whose bytes depend on their content alone. */

export interface Archive {
  /** The directory that the names are in. */
  readonly parent: string;
  readonly names: readonly string[];
  readonly target: string;
  /** The time of every file in it: that of the commit. */
  readonly epochSeconds: number;
}

/** What could differ from one machine to the next: order, owner, times, bits of modes, further headers. */
const SAME_EVERYWHERE = [
  ...["--format=ustar", "--sort=name"],
  ...["--owner=0", "--group=0", "--numeric-owner", "--mode=u+rw,a+rX,go-w"],
];

/** Packs files and directories with GNU tar. */
export async function packTar({ parent, names, target, epochSeconds }: Archive): Promise<void> {
  const time = `--mtime=@${epochSeconds}`;
  const from = ["--directory", parent, "--", ...names];
  const env = { LC_ALL: "C", TZ: "UTC" };
  await must(["tar", "--create", "--file", target, ...SAME_EVERYWHERE, time, ...from], {
    cwd: parent,
    env,
  });
}

/** Half a percent larger than with the highest level, in a third of the time. */
const LEVEL = 6;

/**
 * The same, compressed by the pinned Bun, so that the version of the machine's gzip plays no part. Its
 * header has neither name nor time.
 */
export async function packTarGz(archive: Archive): Promise<void> {
  const plain = `${archive.target}.tar`;
  try {
    await packTar({ ...archive, target: plain });
    const packed = Bun.gzipSync(readFileSync(plain), { level: LEVEL, library: "libdeflate" });
    writeFileSync(archive.target, packed);
  } finally {
    rmSync(plain, { force: true });
  }
}
