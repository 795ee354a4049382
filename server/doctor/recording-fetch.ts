import { readCapped } from '../read-capped.js';
import type { Secrets } from './redact.js';

/** One request that was sent, without what is secret in it. */
export interface Step {
  /** Such as `GET widget.synthflow.ai/websocket/token/{agent}`. */
  request: string;
  /** HTTP status; undefined when none came. */
  status: number | undefined;
  /** The system's name of what went wrong, such as `ENOTFOUND`. */
  errorCode: string | undefined;
  ms: number;
  /** Names of the answer's fields, and of those that are websocket URLs the origin. */
  fields: string[];
}

const answerLimitBytes = 16 * 1024;

/** A `fetch` that writes down what it did, and learns from the answers what no report may hold. */
export function recordFetch(agentId: string, steps: Step[], secrets: Secrets): typeof fetch {
  return async (input, init) => {
    const { host, pathname } = new URL(input as string);
    const path = pathname.replace(agentId, '{agent}');
    const step: Step = {
      request: `${init?.method ?? 'GET'} ${host}${path}`,
      status: undefined,
      errorCode: undefined,
      ms: 0,
      fields: [],
    };
    steps.push(step);
    const startMs = performance.now();
    try {
      const response = await fetch(input, init);
      step.status = response.status;
      const text = await readCapped(response.body, answerLimitBytes);
      step.fields = readFields(text, secrets);
      // No body rather than an empty one: some statuses must have none.
      return new Response(text || null, { status: response.status, headers: response.headers });
    } catch (error) {
      step.errorCode = codeOf(error);
      throw error;
    } finally {
      step.ms = Math.round(performance.now() - startMs);
    }
  };
}

/** The system's name of an error; nothing where it has none. No message: it may quote anything. */
export function codeOf(error: unknown): string | undefined {
  const { code, cause } = error as { code?: unknown; cause?: unknown };
  if (typeof code === 'string' && /^[A-Z][A-Z\d_]{2,40}$/.test(code)) return code;
  return typeof cause === 'object' && cause !== null ? codeOf(cause) : undefined;
}

function readFields(text: string | undefined, secrets: Secrets): string[] {
  let answer: unknown;
  try {
    answer = JSON.parse(text ?? '');
  } catch {
    return ['(not JSON)'];
  }
  if (typeof answer !== 'object' || answer === null) return ['(no JSON object)'];
  return Object.entries(answer).map(([name, value]) => {
    const safeName = /^\w{1,40}$/.test(name) ? name : '(other)';
    if (typeof value !== 'string') return safeName;
    // A word is no secret, and would be struck out wherever it stands.
    if (value.length >= 12) secrets.add(value);
    secrets.addUrl(value);
    if (!/^wss?:/.test(value) || !URL.canParse(value)) return safeName;
    const { protocol, host } = new URL(value);
    return `${safeName} (${protocol}//${host})`;
  });
}
