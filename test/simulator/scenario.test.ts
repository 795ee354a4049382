import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { createScenario, knobNames, readKnobs, scenarioNames } from '../../simulator/scenario.js';

const knobs = (query: string) => readKnobs(new URLSearchParams(query));

describe('scenario', () => {
  it('begins the list with talk', () => {
    assert.equal(scenarioNames[0], 'talk');
  });

  it('lets knobs change a preset and leaves the rest of it', () => {
    const scenario = createScenario('jitter', knobs('jitterMs=30&seed=-4'));
    assert.equal(scenario.name, 'jitter');
    assert.equal(scenario.voice, 'speech');
    assert.equal(scenario.jitterMs, 30);
    assert.equal(scenario.seed, -4);
  });

  it('never lets one scenario change the next', () => {
    createScenario('talk', { readyMs: 1 });
    assert.equal(createScenario('talk').readyMs, 150);
  });

  it('takes a bare parameter, 1 and true for yes, 0 and false for no', () => {
    assert.deepEqual(knobs('odd&chatty=1&garbage=true&early=0&ready=false'), {
      odd: true,
      chatty: true,
      garbage: true,
      early: false,
      ready: false,
    });
  });

  it('leaves out parameters that are no knobs, the name among them', () => {
    assert.deepEqual(knobs('token=abc&scenario=tone&name=echo&__proto__=1&constructor=2'), {});
  });

  it('names all scenarios when one does not exist', () => {
    assert.throws(() => createScenario('tonne'), /no scenario "tonne".*talk, echo, tone/);
    assert.throws(() => createScenario('constructor'), RangeError);
  });

  for (const query of [
    'readyMs=-1',
    'readyMs=',
    'readyMs=soon',
    'seconds=121',
    'seconds=NaN',
    'stallShare=2',
    'lossShare=-0.1',
    'reorderShare=1.1',
    'duplicateShare=often',
    'postStatus=100',
    'messageMs=0',
    'tokenStatus=99',
    'closeCode=1004',
    'closeCode=2000',
    'closeCode=5000',
    'closeCode=1000.5',
    'voice=shout',
    'pacing=',
    'seed=Infinity2',
  ]) {
    it(`refuses ${query}`, () => {
      assert.throws(() => createScenario('talk', knobs(query)), RangeError);
    });
  }

  it('refuses a yes-or-no knob that is neither', () => {
    assert.throws(() => knobs('early=maybe'), /early is 1 or 0, not "maybe"/);
  });

  it('is in the README, every name and every knob', () => {
    const readme = readFileSync(new URL('../../simulator/README.md', import.meta.url), 'utf8');
    for (const name of [...scenarioNames, ...knobNames]) assert.match(readme, new RegExp(`^\\| \`${name}\` +\\|`, 'm'));
  });
});
