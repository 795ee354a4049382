import { loadHost } from './call-thread.js';
import type { DiagnoseOptions, Diagnosis } from './diagnosis/diagnosis.js';
import { importFile } from './import-file.js';
import { startCallWorker } from './start-worker.js';

/** Loads the diagnosis, which is a file of its own, and makes one. Never rejects. */
export async function loadDiagnosis(options: DiagnoseOptions, element?: Element): Promise<Diagnosis> {
  const name = 'synthflow-call.diagnose.js';
  try {
    const beside = () => import('./diagnose.js');
    // Where the file cannot be had as the page says, that is what it is to find out.
    const { diagnose } = await importFile<Awaited<ReturnType<typeof beside>>>(name, options, beside).catch(beside);
    return await diagnose(options, element, startCallWorker, loadHost);
  } catch {
    const message = `Serve ${name} beside the script, allowed by script-src.`;
    console.warn(`<synthflow-call> ${message}`);
    return { ok: false, version: '', checks: [{ name: 'diagnose-file', status: 'failed', message }] };
  }
}
