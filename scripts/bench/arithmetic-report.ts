import { stripChart } from '../performance/chart.js';
import { circumstances, type Row, writeFigures, writeTable } from '../performance/report.js';
import { allocations } from './allocations.js';
import { jitterTable } from './jitter-table.js';
import { resamplerTable } from './resampler-table.js';

/** What takes no browser: writes the tables, JSON and charts of resampler and jitter buffer, and answers lines for the summary. */
export async function benchArithmetic(isRealtime: boolean): Promise<Row[]> {
  const bytes = allocations();
  const [[resamplerHead, ...resampler], [jitterHead, ...jitter]] = [await resamplerTable(), jitterTable()];
  await writeTable('resampler', resamplerHead!, resampler);
  await writeTable('jitter', jitterHead!, jitter);
  const heap: Row[] = [
    ['heap for one `process` of the capture processor', `${bytes.capture.toFixed(0)} B`, '0'],
    ['heap for one `process` of the playback processor', `${bytes.playback.toFixed(0)} B`, '0'],
  ];
  await writeTable('allocation', ['In Node', 'Measured', 'Limit'], heap);
  const charts = {
    resampler: stripChart(
      'CPU time of one second of sound, from 44.1 to 48 kHz (red: limit)',
      '% of a core',
      resampler
        .filter(([rates]) => rates === resampler[0]![0])
        .map(([, label, , , , share]) => ({ label: label!, values: [Number.parseFloat(share!)], limits: [1] })),
      6,
    ),
    jitter: stripChart(
      'Gaps in a minute of speech (red: our limit)',
      'gaps',
      jitter.map(([network, player, gaps, limit]) => ({
        label: `${network}: ${player}`,
        values: [Number(gaps)],
        limits: player === 'ours' ? [Number(limit)] : [],
      })),
      60,
    ),
  };
  const tables = { resampler: toObjects(resamplerHead!, resampler), jitter: toObjects(jitterHead!, jitter) };
  await writeFigures('arithmetic', { ...circumstances(isRealtime), allocatedBytes: bytes, ...tables }, charts);
  return heap;
}

const toObjects = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  rows.map((cells) => Object.fromEntries(cells.map((cell, index) => [head[index], cell])));
