// In the page of a sheet (looks.ts). Plain JavaScript: what a compiler would name in it is not there in the page.

/** What in the session's URL makes the simulated agent behave so that a status lasts. */
const knobs = { waiting: '&ready=0', reconnecting: '&dropAfterMs=50' };
const never = new Promise(() => {});

async function until(isSo) {
  while (!isSo()) await new Promise(requestAnimationFrame);
}

/**
 * Leads every element of the page to its status, and opens what is to be open.
 * @param agentUrl - Opens a socket of the agent's, as often as one likes.
 */
globalThis.leadLooks = async (looks, agentUrl) => {
  const { mediaDevices } = navigator;
  const getUserMedia = mediaDevices.getUserMedia.bind(mediaDevices);
  // They do not hear of one another: else a call would end the one before.
  addEventListener('synthflow-status', (event) => event.stopImmediatePropagation(), true);
  for (const [index, element] of [...document.querySelectorAll('synthflow-call')].entries()) {
    const { status, opens } = looks[index];
    const root = element.shadowRoot;
    await until(() => root.querySelector('.call').lang === element.lang);
    let asked = 0;
    element.tokenProvider = async () => {
      asked += 1;
      if (status === 'failed') throw new Error('no');
      return status === 'connecting' || asked > 1 ? never : agentUrl + (knobs[status] ?? '');
    };
    mediaDevices.getUserMedia = status === 'requesting-microphone' ? () => never : getUserMedia;
    if (opens === 'consent') element.consent = 'I agree that this call is recorded, and kept for 30 days.';
    if (status !== 'idle' || opens === 'consent') void element.start();
    if (status === 'ended') {
      await until(() => element.status === 'active');
      await element.stop();
    }
    await until(() => element.status === status);
    if (opens === 'menu') root.querySelector('[part=settings]').click();
    if (opens) await until(() => root.querySelector('[part=accept], input'));
    await element.updateComplete;
  }
};

/** Changes theme and language of every element. */
globalThis.turnLooks = async ({ theme, lang }) => {
  for (const element of document.querySelectorAll('synthflow-call')) {
    Object.assign(element, { theme, lang });
    Object.assign(element.parentElement, { className: `cell ${theme}`, dir: lang === 'ar' ? 'rtl' : 'ltr' });
    await until(() => element.shadowRoot.querySelector('.call').lang === lang);
    await element.updateComplete;
  }
  // Popovers follow the page.
  dispatchEvent(new Event('resize'));
};
