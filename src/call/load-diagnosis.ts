import { startSocketWorker } from '../protocol/start-worker.js';
import type { DiagnoseOptions, Diagnosis } from './diagnosis/diagnosis.js';

/** Loads the diagnosis, which is a file of its own, and makes one. Never rejects. */
export async function loadDiagnosis(options: DiagnoseOptions, element: Element): Promise<Diagnosis> {
  try {
    const { diagnose } = await import('./diagnose.js');
    return await diagnose(options, element, startSocketWorker);
  } catch {
    const message = 'Serve synthflow-call.diagnose.js beside the script.';
    return { ok: false, version: '', checks: [{ name: 'diagnose-file', status: 'failed', message }] };
  }
}
