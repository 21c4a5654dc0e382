/** An error that the other side answered with. */
export class DbusError extends Error {
  override name = "DbusError";
  /** The error's own name, such as `org.freedesktop.DBus.Error.ServiceUnknown`. */
  readonly errorName: string;

  constructor(errorName: string, text: string) {
    super(text === "" ? errorName : text);
    this.errorName = errorName;
  }
}

/** There is no bus, or it went away, or it did not answer in time. */
export class BusUnavailable extends Error {
  override name = "BusUnavailable";
  /** It was there and did not answer in time, so what was asked of it may still be done. */
  readonly isLate: boolean;

  constructor(text: string, isLate = false) {
    super(text);
    this.isLate = isLate;
  }
}
