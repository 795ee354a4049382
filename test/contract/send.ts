import { request } from 'node:http';
import { page } from './upstream.js';

/** A request for a session; what is left out is as the widget sends it from a listed page. */
export interface Sent {
  method?: string;
  /** After the URL's own, without a question mark. */
  query?: string;
  /** `null` leaves one out. */
  headers?: Record<string, string | null>;
  body?: string | Buffer | undefined;
}

export interface Answer {
  status: number;
  headers: Record<string, string | undefined>;
  text: string;
}

/** What a browser sends with a fetch() from a listed page on another site. */
const fromPage = {
  origin: page,
  'sec-fetch-site': 'cross-site',
  'sec-fetch-mode': 'cors',
  'sec-fetch-dest': 'empty',
  'user-agent': 'Mozilla/5.0',
};

/** Sends a request to an endpoint as it is: fetch() would put headers of its own on it. */
export function send(url: string, { method = 'POST', query = '', headers = {}, body }: Sent): Promise<Answer> {
  const all = { ...fromPage, ...(method === 'POST' ? { 'content-type': 'application/json' } : {}), ...headers };
  const given = Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== null);
  const target = new URL(url);
  new URLSearchParams(query).forEach((value, name) => target.searchParams.append(name, value));
  return new Promise((resolve, reject) => {
    const sent = request(target, { method, headers: Object.fromEntries(given), agent: false }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (part: string) => (text += part));
      response.on('end', () => {
        resolve({ status: response.statusCode!, headers: response.headers as Answer['headers'], text });
      });
      response.on('error', reject);
    });
    sent.on('error', reject);
    sent.end(body ?? (method === 'POST' ? '{}' : undefined));
  });
}

/** Asks for a session with these fields. */
export const ask = (url: string, fields: object, headers: Sent['headers'] = {}): Promise<Answer> =>
  send(url, { body: JSON.stringify(fields), headers });
