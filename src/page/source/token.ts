/** The token of `hawser ui` stands behind `#` in the address, which browsers do not send. */

const KEY = "hawser-token";
const TOKEN = /^#token=([\w-]+)$/u;

/** What keeps the token while the tab is open. */
export interface TokenStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
}

/**
 * Takes the token from the fragment of an address, or from what was kept of an earlier one; `isInAddress`
 * when it has to be removed there, so that it stays in no history and no bookmark.
 */
export function takeToken(
  fragment: string,
  storage: TokenStorage,
): { token: string | undefined; isInAddress: boolean } {
  const token = TOKEN.exec(fragment)?.[1];
  if (token === undefined) return { token: kept(storage), isInAddress: false };
  try {
    storage.setItem(KEY, token);
  } catch {
    // A browser that keeps nothing: the token lasts as long as the page does.
  }
  return { token, isInAddress: true };
}

function kept(storage: TokenStorage): string | undefined {
  try {
    return storage.getItem(KEY) ?? undefined;
  } catch {
    return undefined;
  }
}
