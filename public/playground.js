import { shortcode } from './shortcode.js';

const element = document.querySelector('synthflow-call');
const stage = document.querySelector('.stage');
const form = document.querySelector('form');
const log = document.querySelector('.log');
const code = document.querySelector('code');

/** Made by `npm run docs` from the element's source: every attribute with its type, default and meaning. */
const manifest = await (await fetch('./custom-elements.json')).json();
const { attributes } = manifest.modules.flatMap(({ declarations }) => declarations).find(({ tagName }) => tagName);

const create = (tag, properties = {}, ...children) => {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
};
const unquoted = (text) => text.replaceAll("'", '');

/** What is more than text has a control of its own. */
const controls = {
  accent: () => create('input', { type: 'color', value: '#4f46e5' }),
  volume: () => create('input', { type: 'range', min: 0, max: 1, step: 0.05, value: 1 }),
  lang: () => create('input', { placeholder: 'en' }),
};
function controlFor({ name, type = { text: 'string' }, default: value = '' }) {
  const values = unquoted(type.text).split(' | ');
  if (controls[name]) return controls[name]();
  if (type.text === 'boolean') return create('input', { type: 'checkbox' });
  if (type.text === 'number') return create('input', { type: 'number', min: 0, value });
  if (type.text.startsWith("'")) {
    const isDefault = (text) => text === unquoted(value);
    return create('select', {}, ...values.map((text) => new Option(text, text, isDefault(text), isDefault(text))));
  }
  return create('input', { placeholder: unquoted(value) });
}

/** What is asked for first; whatever is not named here comes last. */
const groups = {
  Look: ['variant', 'position', 'size', 'theme', 'accent', 'radius', 'lang'],
  Words: ['label', 'heading', 'subheading', 'avatar', 'disclosure', 'consent'],
  'Where there is no call': ['fallback-href', 'fallback-label', 'hours', 'disabled'],
  Call: ['token-endpoint', 'max-duration', 'idle-timeout', 'reconnect', 'muted', 'volume', 'sounds', 'barge-in'],
  'Leave out': ['no-timer', 'no-mute', 'no-visualizer', 'no-leave-warning'],
};
const grouped = new Set(['assistant-id', ...Object.values(groups).flat()]);
groups.More = attributes.map(({ name }) => name).filter((name) => !grouped.has(name));

/** What the element does by itself: that is not written down. */
const defaults = {};
for (const [title, names] of Object.entries(groups)) {
  const fields = create('fieldset', {}, create('legend', { textContent: title }));
  for (const name of names) {
    const attribute = attributes.find((one) => one.name === name);
    const control = controlFor(attribute);
    control.name = name;
    defaults[name] = control.value;
    if (element.hasAttribute(name)) control.value = element.getAttribute(name);
    const label = create('label', { title: attribute.description }, create('span', { textContent: name }), control);
    if (control.type === 'checkbox') label.className = 'flag';
    fields.append(label);
  }
  document.querySelector('.attributes').append(fields);
}

// `/?assistant-id=tone&theme=dark` opens the page with these.
for (const [name, value] of new URLSearchParams(location.search)) {
  const control = form.elements[name];
  if (control?.type === 'checkbox') control.checked = true;
  else if (control) control.value = value;
}

function applyForm() {
  for (const { name, value, type, checked } of form.elements) {
    if (!name) continue;
    if (type === 'checkbox') element.toggleAttribute(name, checked);
    else if (value === defaults[name]) element.removeAttribute(name);
    else element.setAttribute(name, value);
  }
  showSnippet();
}

/** What is chosen, by name: some attributes are there by themselves, and the agent is one of the simulator's. */
const attributesChosen = () =>
  [...element.attributes]
    .filter(({ name, value }) => name !== 'assistant-id' && defaults[name] !== value)
    .map(({ name, value }) => [name, value]);

/** Attributes in the notation of a language: `quote` writes one that has a value, `flag` one that has none. */
const written = (quote, flag) =>
  attributesChosen()
    .map(([name, value]) => `\n  ${value ? quote(name, value.replaceAll('"', '&quot;')) : flag(name)}`)
    .join('');
const html = () =>
  written(
    (name, value) => `${name}="${value}"`,
    (name) => name,
  );

const snippets = {
  html: () =>
    `<script type="module" src="/assets/synthflow-call.js"></script>\n<synthflow-call${html()}\n></synthflow-call>`,
  react: () =>
    `import 'synthflow-call';\n\nexport const Call = () => (\n<synthflow-call${written(
      (name, value) => `${name}="${value}"`,
      (name) => `${name}=""`,
    )}\n/>\n);`,
  vue: () =>
    `<!-- vite.config: vue({ template: { compilerOptions: { isCustomElement: (tag) => tag === 'synthflow-call' } } }) -->\n` +
    `<script setup>\nimport 'synthflow-call';\n</script>\n\n<template>\n<synthflow-call${html()}\n/>\n</template>`,
  wordpress: () => shortcode(attributesChosen()),
};
const chosen = (name) => document.querySelector(`input[name=${name}]:checked`).value;
const showSnippet = () => (code.textContent = snippets[chosen('snippet')]());

form.addEventListener('input', applyForm);
form.addEventListener('submit', (event) => event.preventDefault());
addEventListener('input', ({ target }) => {
  if (target.name === 'snippet') showSnippet();
  if (target.name !== 'backdrop') return;
  stage.className = `stage ${target.value}`;
  stage.dir = target.value === 'rtl' ? 'rtl' : 'ltr';
  stage.lang = target.value === 'rtl' ? 'ar' : 'en';
  // The element looks for its language when it comes into the page.
  stage.append(element);
});
const copied = document.querySelector('.copied');
document.querySelector('.copy').addEventListener('click', async () => {
  try {
    await navigator.clipboard.writeText(code.textContent);
    copied.textContent = 'Copied';
  } catch {
    // A page that is not secure, or a browser that asks and is refused.
    getSelection().selectAllChildren(code);
    copied.textContent = 'Not allowed to copy: it is selected, use your keyboard.';
  }
  // A screen reader says the same words again only if they were away.
  setTimeout(() => (copied.textContent = ''), 3000);
});
applyForm();

const shown = {
  'synthflow-before-start': () => '',
  'synthflow-status': ({ previous, status }) => `${previous} → ${status}`,
  'synthflow-start': () => '',
  'synthflow-message': ({ data }) => JSON.stringify(data).slice(0, 200),
  'synthflow-mute': ({ muted }) => String(muted),
  'synthflow-error': ({ error }) => `${error.code}: ${error.message}`,
  'synthflow-end': ({ reason, duration }) => `${reason}, ${duration.toFixed(1)} s`,
};
for (const [type, show] of Object.entries(shown)) {
  element.addEventListener(type, (event) => {
    log.append(create('li', { textContent: `${type} ${show(event)}` }));
    log.scrollTop = log.scrollHeight;
  });
}

const row = (...cells) => create('tr', {}, ...cells.map((text) => create('td', { textContent: text })));
const number = (value) => (typeof value === 'number' ? Number(value.toFixed(1)) : (value ?? '–'));
const showStats = () =>
  document
    .querySelector('.stats')
    .replaceChildren(
      ...Object.entries(element.stats).map(([name, value]) =>
        create('div', {}, create('dt', { textContent: name }), create('dd', { textContent: number(value) })),
      ),
    );
element.addEventListener('synthflow-stats', showStats);
element.addEventListener('synthflow-end', showStats);
customElements.whenDefined('synthflow-call').then(showStats);

document.querySelector('.diagnose').addEventListener('click', async () => {
  const { checks } = await element.diagnose();
  document
    .querySelector('.checks')
    .replaceChildren(
      ...checks.map(({ name, status, message, advice = '' }) => row(status, name, `${message} ${advice}`)),
    );
});
