import { createHash } from 'node:crypto';
import { Refusal } from './http.js';
import { createScenario, readKnobs, type Scenario, scenarioNames } from './scenario.js';

/** The simulated agents: one for each scenario, and the knobs that are turned for all of them. */
export class Agents {
  /** An agent's id for each scenario's name, `talk` first. */
  readonly ids: Readonly<Record<string, string>> = Object.fromEntries(
    scenarioNames.map((name) => [name, agentId(name)]),
  );
  readonly #talkName: string;
  readonly #knobs: Partial<Scenario>;

  /**
   * @param scenario - A name: what `talk` plays instead. Knobs: laid over every scenario. Both: knobs with a `name`.
   * @throws RangeError when the scenario is wrong.
   */
  constructor(scenario: string | Partial<Scenario>) {
    const { name = 'talk', ...knobs } = typeof scenario === 'string' ? { name: scenario } : scenario;
    createScenario(name, knobs);
    this.#talkName = name;
    this.#knobs = knobs;
  }

  /** The scenario of an agent's id; undefined when there is no such agent. */
  nameOf(id: string): string | undefined {
    return Object.keys(this.ids).find((name) => this.ids[name] === id);
  }

  /**
   * The scenario that a URL asks for.
   * @throws Refusal 400 when there is none of the name or a knob's value is wrong.
   */
  readScenario(query: URLSearchParams): Scenario {
    const name = query.get('scenario') ?? 'talk';
    try {
      return createScenario(name === 'talk' ? this.#talkName : name, { ...this.#knobs, ...readKnobs(query) });
    } catch (error) {
      throw new Refusal(400, (error as Error).message);
    }
  }
}

/** A uuid that is the same in every run, so that it can stand in a page. */
function agentId(scenario: string): string {
  const hex = createHash('sha256').update(`synthflow-call simulator ${scenario}`).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)].join(
    '-',
  );
}
