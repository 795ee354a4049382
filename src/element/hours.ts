const days = ['Su', 'Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa'];
const day = `(?:${days.join('|')})`;
const span = `${day}(?:-${day})?`;
const times = '\\d?\\d:\\d\\d-\\d?\\d:\\d\\d';
const rule = new RegExp(`^(${span}(?:,${span})*) (${times}(?:,${times})*)$`);

const dayMinutes = 24 * 60;

/**
 * Whether it is within opening hours: `Mo-Fr 09:00-17:00 Europe/Berlin`, more days by commas, more rules by semicolons. What
 * ends before it begins ends the next day. A subset of OpenStreetMap's `opening_hours`.
 * @param hours - Without a time zone they are those of the visitor's.
 * @returns undefined where they cannot be read.
 */
export function isOpenAt(hours: string, now: Date): boolean | undefined {
  const [, rules, timeZone] = /^(.*?\d)(?:\s+([A-Za-z][\w+\-/]*))?\s*$/.exec(hours) ?? [];
  let minutes: number;
  try {
    const parts = new Intl.DateTimeFormat('en', {
      timeZone,
      weekday: 'short',
      hour: 'numeric',
      minute: 'numeric',
      hourCycle: 'h23',
    }).formatToParts(now);
    const part = (wanted: string): string => parts.find(({ type }) => type === wanted)!.value;
    minutes =
      days.indexOf(part('weekday').slice(0, 2)) * dayMinutes + Number(part('hour')) * 60 + Number(part('minute'));
  } catch {
    // No such time zone.
    return undefined;
  }
  let isOpen = false;
  for (const one of rules?.split(';') ?? ['']) {
    const [, on, at] = rule.exec(one.trim().replaceAll(/,\s+/g, ',')) ?? [];
    if (!on) return undefined;
    for (const [first, last = first] of on.split(',').map((range) => range.split('-'))) {
      const length = (days.indexOf(last!) - days.indexOf(first!) + 7) % 7;
      for (const range of at!.split(',')) {
        const [from, to] = range.split('-').map((time) => {
          const [hour, minute] = time.split(':').map(Number);
          return hour! * 60 + minute!;
        });
        const open = (to! - from! + dayMinutes) % dayMinutes || dayMinutes;
        for (let next = 0; next <= length; next += 1) {
          const start = (days.indexOf(first!) + next) * dayMinutes + from!;
          isOpen ||= (minutes - start + 14 * dayMinutes) % (7 * dayMinutes) < open;
        }
      }
    }
  }
  return isOpen;
}
