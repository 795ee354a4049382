import { SynthflowCall } from '../element/index.js';

/**
 * Makes the element that a script's tag describes: each of its attributes as `data-…`, and `data-id`. A tag that says nothing
 * makes none, and one that says the same as an element of the page neither: a tag manager may run it again.
 */
export function mount(script: HTMLScriptElement): void {
  const names = ['id', 'lang', ...SynthflowCall.observedAttributes].filter((name) =>
    script.hasAttribute(`data-${name}`),
  );
  if (names.length === 0) return;
  const element = document.createElement('synthflow-call');
  for (const name of names) element.setAttribute(name, script.getAttribute(`data-${name}`)!);
  // It works once, and is forgotten when the call starts.
  script.removeAttribute('data-session-url');
  const isThere = [...document.querySelectorAll('synthflow-call')].some((other) =>
    names.every((name) => name === 'muted' || other.getAttribute(name) === element.getAttribute(name)),
  );
  if (isThere) return;
  if (element.position === 'inline' && document.body.contains(script)) script.after(element);
  else document.body.append(element);
}
