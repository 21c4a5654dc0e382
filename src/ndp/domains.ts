import { ByteReader, decodeText } from "../bytes/index.ts";

const LABEL_MAX = 63;

/**
 * Domain names one after another (RFC 1035, 3.1), filled up by zeros. Only what can be a domain: the
 * text ends in files that programs read line by line.
 */
export function readDomains(value: Uint8Array): string[] {
  const reader = new ByteReader(value);
  const domains: string[] = [];
  let labels: string[] = [];
  while (reader.remaining > 0) {
    const length = reader.u8();
    if (length > 0) {
      // Values above are pointers, which have no place here.
      if (length > LABEL_MAX) return domains;
      labels.push(decodeText(reader.bytes(length)));
      continue;
    }
    const domain = labels.join(".");
    labels = [];
    if (/^[A-Za-z0-9_.-]{1,253}$/u.test(domain)) domains.push(domain);
  }
  return domains;
}
