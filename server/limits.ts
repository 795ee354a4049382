/** At most `max` uses in `windowS` seconds. */
export interface Limit {
  /** What it is called in stores and in the log: lower-case letters and dashes. */
  readonly name: string;
  readonly max: number;
  readonly windowS: number;
  /** Each use ends by itself, `windowS` after it began. Else all end together, `windowS` after the first of them. */
  readonly isLease?: boolean;
}

/** Where uses are counted. One for several machines makes their limits one. */
export interface LimitStore {
  /**
   * Counts one more use, if the limit allows it: of uses at the same moment exactly as many as it has left.
   * @param subject - Whose uses: a visitor's address, a challenge, or '' for everybody's.
   * @returns 0 when it was counted, else the seconds after which another try makes sense.
   */
  take(limit: Limit, subject: string): number | Promise<number>;
}

/** How many sessions may be started; `false` sets no limit. */
export interface LimitOptions {
  /** From one address (IPv6: one /64) in a minute. Default 5. */
  addressPerMinute?: number | false | undefined;
  /** From one address in an hour. Default 20. */
  addressPerHour?: number | false | undefined;
  /** By everybody in a minute. Default 60. */
  perMinute?: number | false | undefined;
  /** By everybody in a day, from the first of them on. Default 1000. */
  perDay?: number | false | undefined;
  /** Open at once. Nobody tells us when a call ends, so each counts for `leaseS`. Default: no limit. */
  concurrent?: number | false | undefined;
  /** Seconds that a session counts as open. Default 600. */
  leaseS?: number | undefined;
}

/** A checked limit of sessions, and whose sessions it counts. */
export interface SessionLimit extends Limit {
  readonly isPerAddress: boolean;
}

const defaults = {
  addressPerMinute: 5,
  addressPerHour: 20,
  perMinute: 60,
  perDay: 1000,
  concurrent: false,
  leaseS: 600,
} as const;

/**
 * Checks the limits. The narrowest comes first: whoever exceeds his own uses up nothing of everybody's.
 * @throws TypeError - one sentence on what to change.
 */
export function resolveLimits(options: unknown): SessionLimit[] {
  if (options === 'off') return [];
  if (typeof options !== 'object' || options === null) {
    throw new TypeError("The limits are neither an object nor 'off'.");
  }
  const unknown = Object.keys(options).some((name) => !Object.hasOwn(defaults, name));
  if (unknown) throw new TypeError(`The limits have an unknown name: theirs are ${Object.keys(defaults).join(', ')}.`);
  const given = options as Partial<Record<keyof typeof defaults, unknown>>;
  const limitOf = (option: keyof typeof defaults, name: string, windowS: number): SessionLimit[] => {
    const max = numberOf(option, given[option] ?? defaults[option]);
    const isPerAddress = name.startsWith('address');
    return max === false ? [] : [{ name, max, windowS, isPerAddress, isLease: option === 'concurrent' }];
  };
  const leaseS = numberOf('leaseS', given.leaseS ?? defaults.leaseS);
  if (leaseS === false) throw new TypeError('The limit leaseS must be a whole number from 1.');
  return [
    ...limitOf('addressPerMinute', 'address-minute', 60),
    ...limitOf('addressPerHour', 'address-hour', 3600),
    ...limitOf('perMinute', 'minute', 60),
    ...limitOf('perDay', 'day', 86_400),
    ...limitOf('concurrent', 'concurrent', leaseS),
  ];
}

function numberOf(option: string, value: unknown): number | false {
  if (value === false) return false;
  if (Number.isSafeInteger(value) && (value as number) >= 1) return value as number;
  throw new TypeError(`The limit ${option} must be a whole number from 1, or false for none.`);
}
