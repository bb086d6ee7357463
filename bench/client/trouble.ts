import { join } from 'node:path';
import type { BenchOptions, Row } from '../bench';
import { measureOnAllCores, type Measured } from '../process';
import { startEndpoint } from './endpoint';
import { LATENCY_MS, SCENARIOS, type Scenario } from './scenarios';
import type { Outcome } from './trouble-process';

/** Of what it gives beside another calm one: the calm endpoint beside one in trouble. */
const UNDISTURBED = 0.95;

function rowOf(scenario: Scenario, usual: Measured & Outcome, found: Measured & Outcome): Row {
  const { possible, goal, about } = scenario;
  const calm = found.calm / usual.calm;
  const able = possible === null ? null : 'share' in possible ? possible.share * usual.troubled : possible.perSecond;
  const used = able === null ? null : found.troubled / able;
  const share = (value: number) => `${(100 * value).toFixed(1)}%`;
  return {
    name: `an endpoint that ${about}: the calm one beside it`,
    goal: `≥ ${share(UNDISTURBED)} of what it gives beside another calm one${used === null ? '' : `; the other ≥ ${share(goal)} of what it can`}`,
    figure: 100 * calm,
    unit: '%',
    ok: calm >= UNDISTURBED && (used === null || used >= goal) && found.mistaken === 0,
    note: [
      used === null ? '' : `the other ${share(used)}: ${found.troubled.toFixed(1)} calls/s`,
      `${found.attempts} attempts, ${found.failed} of them failed or cancelled`,
      `${Math.round(found.peakMb)} MB (usual ${Math.round(usual.peakMb)})`,
      found.mistaken > 0 ? `${found.mistaken} replies to another call` : '',
    ]
      .filter((part) => part !== '')
      .join('; '),
  };
}

/** The scenarios of trouble, each in a process of its own beside one calm endpoint, and right after the same with two calm ones. */
export async function troubleRows({ short, say }: BenchOptions): Promise<Row[]> {
  const seconds = short ? 6 : 16;
  const calm = await startEndpoint({ latencyMs: LATENCY_MS });
  const play = async (name: string) => {
    const process = join(__dirname, 'trouble-process.js');
    return (await measureOnAllCores([process, name, String(seconds), calm.url])) as Measured & Outcome;
  };
  const rows: Row[] = [];
  try {
    for (const [name, scenario] of Object.entries(SCENARIOS)) {
      if (name === 'calm') continue;
      say(`  an endpoint that ${scenario.about}`);
      const usual = await play('calm');
      rows.push(rowOf(scenario, usual, await play(name)));
    }
  } finally {
    calm.stop();
  }
  return rows;
}
