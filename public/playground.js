const element = document.querySelector('synthflow-call');
const form = document.querySelector('form');
const log = document.querySelector('.log');

// `/?assistant-id=tone&theme=dark` opens the page with these.
for (const [name, value] of new URLSearchParams(location.search)) {
  if (form.elements[name]) form.elements[name].value = value;
}

function applyForm() {
  for (const { name, value, defaultValue } of form.elements) {
    const isDefault = value === defaultValue || (name === 'theme' && value === 'auto');
    if (isDefault) element.removeAttribute(name);
    else element.setAttribute(name, value);
  }
  const attributes = [...element.attributes].map(
    ({ name, value }) => `\n    ${name}="${value.replaceAll('"', '&quot;')}"`,
  );
  document.querySelector('code').textContent =
    `<script type="module" src="/dist/synthflow-call.js"></script>\n<synthflow-call${attributes.join('')}\n></synthflow-call>`;
}
form.addEventListener('input', applyForm);
form.addEventListener('submit', (event) => event.preventDefault());
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
    const line = document.createElement('li');
    line.textContent = `${type} ${show(event)}`;
    log.append(line);
    line.scrollIntoView({ block: 'nearest' });
  });
}
