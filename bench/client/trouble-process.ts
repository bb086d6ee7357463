/** `SCENARIO SECONDS CALM_URL`: one endpoint in trouble beside a calm one, both under load from this process; prints what came of it. */
import { createChatClient, type EndpointClient } from '../../src/models/client';
import type { Endpoint } from '../../src/models/endpoint';
import { ownCosts } from '../process';
import { startEndpoint } from './endpoint';
import { keepBusy, perSecond, requestOf } from './load';
import { CALLS, SCENARIOS, type Scenario } from './scenarios';

const SETTLED_SECONDS = 2;

/** What a scenario's process prints, beside its costs. */
export interface Outcome {
  /** Replies a second of the calm endpoint and of the one in trouble, once settled. */
  calm: number;
  troubled: number;
  /** Of the one in trouble: attempts, and those that failed and so were repeated or given up. */
  attempts: number;
  failed: number;
  /** Replies to another call than the one that was asked. */
  mistaken: number;
}

const clientOf = (url: string, more: Partial<Endpoint> = {}): EndpointClient =>
  createChatClient({
    ...{ url, key: null, concurrency: CALLS, timeoutMs: 60_000, patience: 4, retries: 6 },
    ...{ price: { input: 1, output: 1 }, ...more },
  });

async function play(scenario: Scenario, seconds: number, calm: string): Promise<Outcome> {
  const endpoint = await startEndpoint(scenario.endpoint);
  let mistaken = 0;
  // A scripted player says the same to the same question, so that the calm endpoint tells which reply belongs to which call.
  const replies = new Map<number, string>();
  const check = (index: number, text: string) => void replies.set(index, text);
  const later = setTimeout(() => {
    if (scenario.midway) endpoint.limits(scenario.midway).catch(() => undefined);
  }, seconds * 500);
  const calmClient = clientOf(calm);
  const [ours, theirs] = await Promise.all([
    keepBusy(calmClient, { calls: CALLS, seconds }),
    keepBusy(clientOf(endpoint.url, scenario.client), { calls: scenario.calls ?? 2 * CALLS, seconds, check }),
  ]);
  clearTimeout(later);
  await Promise.all(
    [...replies].slice(0, 100).map(async ([index, text]) => {
      if ((await calmClient.chat(requestOf(index))).text !== text) mistaken++;
    }),
  );
  endpoint.stop();
  const { attempts, failed } = theirs;
  return {
    calm: perSecond(ours, SETTLED_SECONDS),
    troubled: perSecond(theirs, SETTLED_SECONDS),
    ...{ attempts, failed, mistaken },
  };
}

async function main([name = '', seconds = '', calm = '']: string[]): Promise<void> {
  const scenario = SCENARIOS[name];
  if (!scenario) throw new Error(`there is no scenario ${name}`);
  const outcome = await play(scenario, Number(seconds), calm);
  process.stdout.write(`${JSON.stringify({ ...ownCosts(), ...outcome })}\n`);
  process.exit(0);
}

void main(process.argv.slice(2));
