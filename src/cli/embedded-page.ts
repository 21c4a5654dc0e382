/** The page of `hawser ui` and the file of `hawser report`, as the build puts them into the executable. */

/** A file of the page, ready to be sent. */
export interface PageFile {
  /** Of its content. */
  readonly type: string;
  /** Its content, compressed by gzip. */
  readonly gzip: Uint8Array<ArrayBuffer>;
}

const ARCHIVE = "page.bin";
const END_OF_LINE = 0x0a;

/** By their names; undefined when this executable has none, as when Bun runs its sources. */
export async function embeddedPage(): Promise<ReadonlyMap<string, PageFile> | undefined> {
  // Each embedded file is a Blob with a name, which is not in the type of Blob.
  const archive = Bun.embeddedFiles.find((file) => "name" in file && file.name === ARCHIVE);
  return archive === undefined ? undefined : unpacked(new Uint8Array(await archive.arrayBuffer()));
}

interface Listed {
  readonly name: string;
  readonly type: string;
  readonly length: number;
}

/** What `archiveOf` of the build has packed. */
export function unpacked(archive: Uint8Array<ArrayBuffer>): Map<string, PageFile> {
  const end = archive.indexOf(END_OF_LINE);
  const head = JSON.parse(new TextDecoder().decode(archive.subarray(0, end))) as {
    readonly files: readonly Listed[];
  };
  const files = new Map<string, PageFile>();
  let at = end + 1;
  for (const { name, type, length } of head.files) {
    files.set(name, { type, gzip: archive.subarray(at, at + length) });
    at += length;
  }
  return files;
}
