import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import { must, ReleaseFailure, requireProgram } from "./must.ts";

/** Signatures in the form of OpenSSH, made and verified by ssh-keygen. */

/** The name under which a releaser's key is trusted. */
export const SIGNER = "hawser-release";

/** What a signature is for, so that none can be taken for one of another kind. */
export type Purpose = "file" | "provenance";

const BEGIN = "-----BEGIN SSH SIGNATURE-----";
const END = "-----END SSH SIGNATURE-----";
const WHY = "signatures are OpenSSH's; on Debian it is in openssh-client";

/**
 * Signs a file; gives the signature's file, beside it. The key may be a private key, or a public one whose
 * private key an agent or a token holds; a passphrase is asked for on the terminal.
 * @throws ReleaseFailure when ssh-keygen refuses
 */
export async function sign(path: string, key: string, purpose: Purpose): Promise<string> {
  requireProgram("ssh-keygen", WHY);
  const child = Bun.spawn(["ssh-keygen", "-q", "-Y", "sign", "-f", key, "-n", purpose, path], {
    stdio: ["inherit", "ignore", "inherit"],
  });
  const signature = `${path}.sig`;
  if ((await child.exited) !== 0 || !existsSync(signature)) {
    throw new ReleaseFailure(`${basename(path)} could not be signed with ${key}`);
  }
  return signature;
}

/**
 * Verifies as a user does.
 * @param allowed the file that says whose signatures count
 * @throws ReleaseFailure when the signature is none of theirs, or of another text
 */
export async function verifySignature(
  path: string,
  allowed: string,
  purpose: Purpose,
): Promise<void> {
  const words = ["-Y", "verify", "-f", allowed, "-I", SIGNER, "-n", purpose, "-s", `${path}.sig`];
  const child = Bun.spawn(["ssh-keygen", ...words], {
    stdin: Bun.file(path),
    stdout: "pipe",
    stderr: "pipe",
  });
  const said = await new Response(child.stderr).text();
  if ((await child.exited) === 0) return;
  throw new ReleaseFailure(`the signature of ${basename(path)} does not count: ${said.trim()}`);
}

/**
 * Signs a text of no meaning: whether agent, token and passphrase are at hand shows before all is made.
 * @throws ReleaseFailure when the key cannot sign, or its signatures do not count for files
 */
export async function trySigning(key: string, allowed: string, scratch: string): Promise<void> {
  const path = join(scratch, "trial");
  writeFileSync(path, "a trial\n");
  await sign(path, key, "file");
  await verifySignature(path, allowed, "file");
}

/** A key for this run alone; gives the path of its private half. */
export async function throwawayKey(directory: string): Promise<string> {
  requireProgram("ssh-keygen", WHY);
  const key = join(directory, "throwaway");
  const words = ["-q", "-t", "ed25519", "-N", "", "-C", "dry run", "-f", key];
  await must(["ssh-keygen", ...words], { cwd: directory });
  return key;
}

/** The public half of a key, without its comment: type and value. */
export function publicKeyOf(key: string): string {
  const path = key.endsWith(".pub") ? key : `${key}.pub`;
  if (!existsSync(path)) {
    throw new ReleaseFailure(`${path}, the public half of the key, is missing`);
  }
  return readFileSync(path, "utf8").trim().split(/\s+/u).slice(0, 2).join(" ");
}

/** Writes the file that `ssh-keygen -Y verify` reads. */
export function writeAllowed(path: string, publicKey: string): void {
  writeFileSync(path, `${SIGNER} namespaces="file,provenance,git" ${publicKey}\n`);
}

/** Whether a key is among those that the repository trusts. */
export function isAllowed(allowedText: string, publicKey: string): boolean {
  const lines = allowedText.split("\n").filter((line) => !line.startsWith("#"));
  return lines.some((line) => line.startsWith(`${SIGNER} `) && line.includes(publicKey));
}

/** The signature itself, in base64, from its file. */
export function signatureBytes(armoured: string): string {
  const from = armoured.indexOf(BEGIN);
  const to = armoured.indexOf(END);
  if (from === -1 || to === -1) throw new ReleaseFailure("ssh-keygen wrote no signature");
  return armoured.slice(from + BEGIN.length, to).replaceAll(/\s/gu, "");
}
