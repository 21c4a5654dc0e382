/** The process's own streams, read and written without loading what a short call does not need. */
import { closeSync, constants, fstatSync, openSync, read, readSync, writeSync } from "node:fs";
import { CniError, ErrorCode } from "../spec/index.ts";
import { MAX_CONFIG_LENGTH, tooLong } from "./config.ts";

const STDIN = 0;
const STDOUT = 1;
const CHUNK_LENGTH = 64 * 1024;

/**
 * All of stdin, as text. What a caller has written by the time the process runs, which is usually
 * everything, is read at once; only for the rest is waited.
 */
export async function readStdin(): Promise<string> {
  const { chunks, ended } = readAvailable();
  let length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  if (!ended) {
    for await (const chunk of rest()) {
      length += chunk.length;
      if (length > MAX_CONFIG_LENGTH) throw tooLong();
      chunks.push(chunk);
    }
  }
  try {
    // The byte order mark is kept: it is not JSON, and delegates get the very bytes that came.
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch (cause) {
    throw new CniError(
      ErrorCode.DECODING_FAILURE,
      "error unmarshall network config: it is not valid UTF-8",
      { cause },
    );
  }
}

/**
 * What can be read of stdin without waiting. A pipe is opened anew for it: O_NONBLOCK then belongs
 * to this opening alone, while the caller's own end stays as it was.
 */
function readAvailable(): { chunks: Uint8Array[]; ended: boolean } {
  const chunks: Uint8Array[] = [];
  let fd = STDIN;
  try {
    // A file never makes its reader wait, and has a place from which the caller wants it read.
    if (!fstatSync(STDIN).isFile()) {
      fd = openSync("/proc/self/fd/0", constants.O_RDONLY | constants.O_NONBLOCK);
    }
  } catch {
    return { chunks, ended: false }; // a socket, or no /proc
  }
  try {
    for (let length = 0; ; ) {
      const chunk = new Uint8Array(CHUNK_LENGTH);
      const count = readSync(fd, chunk);
      if (count === 0) return { chunks, ended: true };
      chunks.push(chunk.subarray(0, count));
      length += count;
      if (length > MAX_CONFIG_LENGTH) throw tooLong();
    }
  } catch (error) {
    if (error instanceof CniError) throw error;
    return { chunks, ended: false }; // nothing more for now; another error shows itself again
  } finally {
    if (fd !== STDIN) closeSync(fd);
  }
}

/**
 * The rest of stdin, as it comes. Bun reads it on a thread, which is 5 ms faster than making the
 * stream; Node would wait for that thread at the end of the process, though the other end is closed.
 */
async function* rest(): AsyncGenerator<Uint8Array, void> {
  if (process.versions["bun"] !== undefined) {
    for (;;) {
      const chunk = await readSome();
      if (chunk === undefined) break; // stdin is non-blocking: the stream can wait for it
      if (chunk.length === 0) return;
      yield chunk;
    }
  }
  yield* process.stdin as AsyncIterable<Uint8Array>;
}

/** One read of stdin that waits; empty at the end, undefined when it would have to wait and may not. */
async function readSome(): Promise<Uint8Array | undefined> {
  const chunk = new Uint8Array(CHUNK_LENGTH);
  return await new Promise((resolve, reject) => {
    read(STDIN, chunk, 0, chunk.length, null, (error, count) => {
      if (error === null) resolve(chunk.subarray(0, count));
      else if (error.code === "EAGAIN") resolve(undefined);
      else reject(error);
    });
  });
}

/** Pause before a full pipe is tried again, in milliseconds. */
const FULL_PIPE_PAUSE_MS = 2;

/** Writes the answer to stdout; gives the error when it could not. */
export async function writeAnswer(text: string): Promise<Error | undefined> {
  const bytes = new TextEncoder().encode(text);
  for (let written = 0; written < bytes.length; ) {
    try {
      written += writeSync(STDOUT, bytes, written);
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      // The caller has made the pipe non-blocking, and is slow to empty it.
      if ((failure as NodeJS.ErrnoException).code !== "EAGAIN") return failure;
      await new Promise((resolve) => setTimeout(resolve, FULL_PIPE_PAUSE_MS));
    }
  }
  return undefined;
}
