/** Of what may be wider than its window: the keyboard has to reach it, to scroll it. */
export const SCROLLS: { readonly tabIndex: 0 } = { tabIndex: 0 };
