const days = 'SuMoTuWeThFrSa';
const [dayMinutes, weekMinutes] = [24 * 60, 7 * 24 * 60];

const dayOf = (name: string): number => days.indexOf(name) / 2;

/**
 * Whether it is within opening hours: `Mo-Fr 09:00-17:00 Europe/Berlin`, more days or times by commas, more rules by
 * semicolons. What ends before it begins ends the next day. A subset of OpenStreetMap's `opening_hours`.
 * @param hours - Without a time zone they are those of the visitor's.
 * @returns undefined where they cannot be read.
 */
export function isOpenAt(hours: string, now: Date): boolean | undefined {
  const [, rules = '?', timeZone] = /^(.*\d)(?:\s+([A-Za-z]\S*))?\s*$/.exec(hours) ?? [];
  let minute: number;
  try {
    const options = { timeZone, weekday: 'short', hour: '2-digit', minute: '2-digit' } as const;
    // Thu 09:05
    const [, day, h, m] = /(..).\W+(\d+):(\d+)/.exec(now.toLocaleString('en-GB', options))!;
    minute = dayOf(day!) * dayMinutes + Number(h) * 60 + Number(m);
  } catch {
    // No such time zone.
    return undefined;
  }
  let isOpen = false;
  let on: number[] = [];
  let hasTimes = true;
  const read = (_: string, first: string, last = first, ...times: string[]): string => {
    if (first) {
      if (hasTimes) on = [];
      hasTimes = false;
      const from = dayOf(first);
      for (let next = 0; next <= (dayOf(last) - from + 7) % 7; next += 1) on.push(from + next);
    } else {
      hasTimes = true;
      const [h1, m1, h2, m2] = times.map(Number);
      const from = h1! * 60 + m1!;
      const length = (h2! * 60 + m2! - from + dayMinutes) % dayMinutes || dayMinutes;
      isOpen ||= on.some((day) => (minute - day * dayMinutes - from + 2 * weekMinutes) % weekMinutes < length);
    }
    return '';
  };
  const name = '(Su|Mo|Tu|We|Th|Fr|Sa)';
  const rest = rules.replaceAll(RegExp(`${name}(?:-${name})?|(\\d+):(\\d\\d)-(\\d+):(\\d\\d)`, 'g'), read);
  return hasTimes && on.length && !/[^,; ]/.test(rest) ? isOpen : undefined;
}
