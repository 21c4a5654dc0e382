/** An address without the length of its prefix. */
export function bareAddress(text: string): string {
  const end = text.indexOf("/");
  return end === -1 ? text : text.slice(0, end);
}
