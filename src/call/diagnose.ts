import type { loadHost } from './call-thread.js';
import type { startCallWorker } from './start-worker.js';
import { checkEndpoint } from './diagnosis/check-endpoint.js';
import { checkContext, checkHours, pageChecks } from './diagnosis/check-page.js';
import {
  checkHostFile,
  checkLanguage,
  checkSocketHost,
  checkSocketPolicy,
  checkStyles,
  checkWorker,
  checkWorklet,
  socketOriginOf,
} from './diagnosis/check-blocking.js';
import type { DiagnosisCheck, CheckName, DiagnoseOptions, Diagnosis, Finding } from './diagnosis/diagnosis.js';
import { print } from './diagnosis/print.js';

/** The package's version. A test keeps it equal to package.json. */
export const version = '0.1.0';

/**
 * Looks at all that a call needs, prints what it finds and answers it. Asks for no permission and spends no session; what it
 * opens it closes. Never rejects. For the console and the site's developer, so it is a file of its own, loaded at need.
 * @param element - Whose style is looked at.
 * @param startWorker - The script's own way to start the socket's Worker.
 * @param load - Its way to do without.
 */
export async function diagnose(
  options: DiagnoseOptions,
  element: Element | undefined,
  startWorker: typeof startCallWorker,
  load: typeof loadHost,
): Promise<Diagnosis> {
  // In the click, where there is one.
  const context = checkContext();
  const socketOrigin = socketOriginOf(options);
  const looks: [CheckName, () => Finding | undefined | Promise<Finding | undefined>][] = [
    ...(Object.entries(pageChecks) as [CheckName, () => Promise<Finding>][]),
    ['hours', () => checkHours(options)],
    ['audio-context', () => context],
    ['worklet-file', () => checkWorklet(options)],
    ['worker-file', () => checkWorker(options, startWorker)],
    ['socket-host-file', () => (hasWorker() ? undefined : checkHostFile(options, load))],
    ['language-file', () => checkLanguage(options)],
    ['styles', () => checkStyles(element)],
    ['token-endpoint', () => checkEndpoint(options)],
    ['socket-policy', () => checkSocketPolicy(socketOrigin)],
    ['socket-host', () => checkSocketHost(socketOrigin)],
  ];
  const checks: DiagnosisCheck[] = [];
  const hasWorker = () =>
    !options.noWorker && checks.some(({ name, status }) => name === 'worker-file' && status === 'ok');
  // One after the other: what a policy blocks does not say who wanted it.
  for (const [name, look] of looks) {
    const finding = await Promise.resolve()
      .then(look)
      .catch((): Finding => ({ status: 'unknown', message: 'Looking at it failed.' }));
    if (finding) checks.push({ name, ...finding, ...(finding.status !== 'ok' && { docs: docsOf(name, finding) }) });
  }
  const diagnosis: Diagnosis = { ok: checks.every(({ status }) => status !== 'failed'), version, checks };
  print(diagnosis);
  return diagnosis;
}

/** The documentation's page. A test keeps it on package.json's `homepage`, once there is one. */
export const docsUrl = `https://unpkg.com/synthflow-call@${version}/docs/troubleshooting.md`;

/** Its sections that are no error codes. */
const sections: Partial<Record<CheckName, string>> = {
  Worker: 'worker',
  'worker-file': 'worker',
  'language-file': 'language',
  'in-app-browser': 'in-app-browser',
  hours: 'hours',
};

const docsOf = (name: CheckName, { code }: Finding): string => `${docsUrl}#${code ?? sections[name] ?? 'diagnose'}`;
