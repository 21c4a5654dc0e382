/**
 * The archive that a Linux kernel unpacks as its first file system: cpio in the "newc" format, as
 * Documentation/driver-api/early-userspace/buffer-format.rst of the kernel describes it.
 */

/** One name of the archive. Directories must come before what is in them. */
export type Entry = { readonly path: string } & (
  | { readonly kind: "directory" }
  | { readonly kind: "file"; readonly content: Uint8Array; readonly executable: boolean }
  | { readonly kind: "link"; readonly target: string }
);

const TYPE_AND_MODE = { directory: 0o040755, link: 0o120777 } as const;
const EXECUTABLE = 0o100755;
const PLAIN = 0o100644;
const ALIGNMENT = 4;
const TRAILER = "TRAILER!!!";

/** The whole archive, in pieces to be written one after another. Everything in it is root's. */
export function* archive(entries: Iterable<Entry>): Generator<Uint8Array> {
  let inode = 1;
  for (const entry of entries) {
    const content = contentOf(entry);
    yield header(entry.path, { inode, mode: modeOf(entry), size: content.length });
    yield content;
    yield padding(content.length);
    inode += 1;
  }
  yield header(TRAILER, { inode: 0, mode: 0, size: 0 });
}

interface Facts {
  readonly inode: number;
  readonly mode: number;
  readonly size: number;
}

function header(path: string, { inode, mode, size }: Facts): Uint8Array {
  const name = new TextEncoder().encode(`${path.replace(/^\/+/, "")}\0`);
  const [uid, gid, links, time, major, minor, deviceMajor, deviceMinor, checksum] = [
    ...[0, 0, 1, 0],
    ...[0, 0, 0, 0, 0],
  ];
  const fields = [inode, mode, uid, gid, links, time, size, major, minor];
  fields.push(deviceMajor, deviceMinor, name.length, checksum);
  const words = fields.map((field = 0) => field.toString(16).padStart(8, "0"));
  const head = new TextEncoder().encode(`070701${words.join("")}`);
  return Buffer.concat([head, name, padding(head.length + name.length)]);
}

function padding(length: number): Uint8Array {
  return new Uint8Array((ALIGNMENT - (length % ALIGNMENT)) % ALIGNMENT);
}

function contentOf(entry: Entry): Uint8Array {
  switch (entry.kind) {
    case "file":
      return entry.content;
    case "link":
      return new TextEncoder().encode(entry.target);
    default:
      return new Uint8Array();
  }
}

function modeOf(entry: Entry): number {
  if (entry.kind === "file") return entry.executable ? EXECUTABLE : PLAIN;
  return TYPE_AND_MODE[entry.kind];
}
