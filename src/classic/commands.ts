import type { SynthflowCall } from '../element/index.js';

const methods = ['start', 'stop', 'toggle', 'mute', 'unmute'] as const;

/** What a page may ask of an element: the first one, where it names none by its `id`. */
export type Command = readonly [method: (typeof methods)[number], id?: string] | ((element: SynthflowCall) => unknown);

/** What `window.synthflowCall` is once the script is there: commands are carried out at once. */
export interface CommandQueue {
  push(...commands: Command[]): void;
  /** Whether clicks in the page are commands as well. */
  hasTriggers?: boolean;
}

declare global {
  interface Window {
    /** Commands that wait for the script; then what carries them out. */
    synthflowCall?: Command[] | CommandQueue;
  }
}

/** Carries out what waits and what comes. A second copy of the script leaves that to the first. */
export function takeQueue(): CommandQueue {
  const waiting = window.synthflowCall;
  if (!Array.isArray(waiting) && typeof waiting?.push === 'function') return waiting;
  const queue: CommandQueue = { push: (...commands) => commands.forEach(carryOut) };
  window.synthflowCall = queue;
  // Whatever else may have that name: an element's `id` makes one.
  if (Array.isArray(waiting)) queue.push(...waiting);
  return queue;
}

function carryOut(command: Command): void {
  try {
    const [method, id] = typeof command === 'function' ? [] : command;
    const element = id === undefined ? document.querySelector('synthflow-call') : document.getElementById(id);
    if (!isCall(element)) {
      console.warn(`<synthflow-call> a command for an element that is not in this page: ${id ?? 'there is none'}.`);
    } else if (typeof command === 'function') command(element);
    else if (methods.includes(method!)) void element[method!]();
    else console.warn(`<synthflow-call> ${method} is no command: ${methods.join(', ')}.`);
  } catch (error) {
    // The page's own: the commands behind it are carried out all the same.
    reportError(error);
  }
}

const isCall = (element: Element | null): element is SynthflowCall => element?.localName === 'synthflow-call';
