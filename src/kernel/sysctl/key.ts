const ROOT = "/proc/sys";

/**
 * The file of a sysctl key. The first separator tells which form the key has: after a dot, dots
 * separate and slashes stand for dots (`net.ipv4.conf.eth0/100.forwarding`); after a slash, the key
 * is a path as it is (`net/ipv4/conf/eth0.100/forwarding`).
 * @throws RangeError for a key that would leave /proc/sys
 */
export function sysctlPath(key: string): string {
  const path = key.match(/[./]/)?.[0] === "." ? swapSeparators(key) : key;
  const parts = path.split("/").filter((part) => part !== "");
  if (parts.length === 0 || key.includes("\0")) {
    throw new RangeError(`invalid sysctl key ${JSON.stringify(key)}`);
  }
  if (parts.includes("..") || parts.includes(".")) {
    throw new RangeError(`sysctl key ${JSON.stringify(key)} leaves ${ROOT}`);
  }
  return `${ROOT}/${parts.join("/")}`;
}

function swapSeparators(key: string): string {
  return key.replace(/[./]/g, (separator) => (separator === "." ? "/" : "."));
}
