/** One line of a strip chart: a dot for each value, a bar at their median, a mark at each limit. Values of one pixel share a dot. */
export interface Strip {
  readonly label: string;
  readonly values: readonly number[];
  readonly limits?: readonly number[];
}

const [width, left, right, top, rowHeight] = [760, 230, 24, 44, 34];

/** An SVG of several measurements on one scale that begins at 0. What lies beyond `max` is drawn at the edge. */
export function stripChart(title: string, unit: string, strips: readonly Strip[], max: number): string {
  const height = top + strips.length * rowHeight + 36;
  const x = (value: number) => (left + ((width - left - right) * Math.max(0, Math.min(max, value))) / max).toFixed(1);
  const bottom = top + strips.length * rowHeight;
  const step = [1, 2, 5, 10, 20, 25, 50, 100, 200, 500].find((candidate) => max / candidate <= 10) ?? 1000;
  const ticks = Array.from({ length: Math.floor(max / step) + 1 }, (_, i) => i * step);
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escape(title)}</title>`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="16" y="24" font-size="15" fill="#111">${escape(title)}</text>`,
    ...ticks.map(
      (tick) =>
        `<path d="M${x(tick)} ${top}V${bottom}" stroke="#e5e7eb"/><text x="${x(tick)}" y="${bottom + 16}" text-anchor="middle" fill="#555">${tick}</text>`,
    ),
    `<text x="${width - right}" y="${bottom + 31}" text-anchor="end" fill="#555">${escape(unit)}</text>`,
    ...strips.flatMap((strip, row) => drawStrip(strip, top + (row + 0.5) * rowHeight, x)),
    '</svg>',
  ];
  return `${lines.join('\n')}\n`;
}

function drawStrip({ label, values, limits = [] }: Strip, y: number, x: (value: number) => string): string[] {
  const middle = values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
  return [
    `<text x="${left - 12}" y="${y + 4}" text-anchor="end" fill="#111">${escape(label)}</text>`,
    ...limits.map((limit) => `<path d="M${x(limit)} ${y - 14}v28" stroke="#dc2626" stroke-dasharray="3 2"/>`),
    ...[...new Set(values.map((value) => Math.round(Number(x(value)))))].map(
      (place) => `<circle cx="${place}" cy="${y}" r="3.5" fill="#4f46e5" fill-opacity="0.35"/>`,
    ),
    ...(middle === undefined ? [] : [`<path d="M${x(middle)} ${y - 9}v18" stroke="#111" stroke-width="2"/>`]),
  ];
}

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
