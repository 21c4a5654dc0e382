import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
} from "node:crypto";
import { moveIntoPlace, readIfThere, writeAside } from "../state/files/index.ts";

/** Bytes of an X25519 key. */
const KEY_BYTES = 32;
/** In front of the 32 bytes of a private X25519 key in PKCS 8 (RFC 8410); it has no variable part. */
const PKCS8_HEAD = Buffer.from("302e020100300506032b656e04220420", "hex");

/** The WireGuard key of this node in one network. The private key never leaves the node. */
export class WireguardKey {
  /** 32 bytes. */
  readonly privateKey: Uint8Array;
  /** In base64: what the other nodes learn of it. */
  readonly publicKey: string;

  private constructor(privateKey: Uint8Array, publicKey: string) {
    this.privateKey = privateKey;
    this.publicKey = publicKey;
  }

  /**
   * The key in a file, which only its owner may read; made where there is none.
   * @throws Error when the file holds something else: a key that is replaced cuts the node off
   */
  static open(path: string): WireguardKey {
    const text = readIfThere(path);
    if (text === undefined) return WireguardKey.#make(path);
    const bytes = decodeKey(text.trim());
    if (bytes === undefined) throw new Error(`${path} holds no WireGuard key`);
    const key = createPrivateKey({
      key: Buffer.concat([PKCS8_HEAD, bytes]),
      format: "der",
      type: "pkcs8",
    });
    return new WireguardKey(bytes, publicPart(createPublicKey(key)));
  }

  static #make(path: string): WireguardKey {
    const { privateKey, publicKey } = generateKeyPairSync("x25519");
    const der = privateKey.export({ format: "der", type: "pkcs8" });
    const bytes = Uint8Array.from(der.subarray(-KEY_BYTES));
    const aside = `${path}.new`;
    writeAside(aside, `${Buffer.from(bytes).toString("base64")}\n`);
    moveIntoPlace(aside, path);
    return new WireguardKey(bytes, publicPart(publicKey));
  }
}

function publicPart(key: KeyObject): string {
  return key.export({ format: "der", type: "spki" }).subarray(-KEY_BYTES).toString("base64");
}

/** The 32 bytes of a key in base64; undefined when it is none. */
export function decodeKey(text: string): Uint8Array | undefined {
  if (!/^[A-Za-z0-9+/]{43}=$/u.test(text)) return undefined;
  const bytes = Uint8Array.from(Buffer.from(text, "base64"));
  return bytes.length === KEY_BYTES && bytes.some((byte) => byte !== 0) ? bytes : undefined;
}
