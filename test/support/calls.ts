import { fixture, html, oneEvent } from '@open-wc/testing';
import type { CallStatus } from '../../src/call/machine.js';
import type { SynthflowCall } from '../../src/element/synthflow-call.js';
import { holdMicrophone, watchConsole } from './browser-fakes.js';
import { ReadyAgent } from './ready-agent.js';

/** Every status, in the order in which a visitor meets them. */
export const statuses: readonly CallStatus[] = [
  'idle',
  'requesting-microphone',
  'connecting',
  'waiting',
  'active',
  'reconnecting',
  'ended',
  'failed',
];

/** A part of the element, or null. */
export const part = (element: SynthflowCall, name: string): HTMLElement | null =>
  element.shadowRoot!.querySelector<HTMLElement>(`[part~='${name}']`);

/** The one control that starts and ends the call. */
export const button = (element: SynthflowCall): HTMLButtonElement => part(element, 'button') as HTMLButtonElement;

/** Resolves when the element is in a status and shows it. */
export async function until(element: SynthflowCall, status: CallStatus): Promise<void> {
  while (element.status !== status) await oneEvent(element, 'synthflow-status');
  await element.updateComplete;
}

/** Resolves when the element is in a state of its own, such as `agent-speaking`. */
export async function untilState(element: SynthflowCall, name: string, isOn = true): Promise<void> {
  while (element.matches(`:state(${name})`) !== isOn) await new Promise(requestAnimationFrame);
  await element.updateComplete;
}

/** An element in the page, and an agent that its calls reach. There is one agent a test. */
export async function place(template = html`<synthflow-call></synthflow-call>`, agent = new ReadyAgent()) {
  const element = await fixture<SynthflowCall>(template);
  element.tokenProvider = async () => agent.url;
  return { element, agent };
}

/** Leads an idle element to a status by clicks, as a visitor would. */
export async function lead(element: SynthflowCall, agent: ReadyAgent, status: CallStatus): Promise<void> {
  if (status === 'idle') return;
  if (status === 'requesting-microphone') holdMicrophone();
  if (status === 'connecting') element.tokenProvider = () => new Promise(() => {});
  if (status === 'waiting') agent.isReady = false;
  if (status === 'failed') {
    watchConsole();
    element.tokenProvider = () => Promise.reject(new Error('no'));
  }
  if (status === 'reconnecting') {
    let sessions = 0;
    element.reconnect = true;
    element.tokenProvider = () => (sessions++ ? new Promise(() => {}) : Promise.resolve(agent.url));
  }
  button(element).click();
  if (status === 'reconnecting') {
    await until(element, 'active');
    agent.close(1006);
  }
  if (status === 'ended') {
    await until(element, 'active');
    button(element).click();
  }
  await until(element, status);
}

/** Writes down events, in order, wherever they arrive. */
export function record(target: EventTarget, ...types: string[]): Event[] {
  const events: Event[] = [];
  for (const type of types) target.addEventListener(type, (event) => events.push(event));
  return events;
}
