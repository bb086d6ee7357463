import { Context } from '@temporalio/activity';
import { targetOf } from '../src/config/target';
import { needsOf } from '../src/groups/needs';
import type { Attempt, ChatReply } from '../src/models/chat';
import { shownUrl } from '../src/models/errors';
import type { Message } from '../src/prompts/prompt';
import { saveCheckpoint, setCheckpointStatus, type CheckpointStatus } from '../src/store/artifacts';
import { describeBase } from '../src/training/base';
import type { ModelRef } from '../workflows/types';
import { asActivity, checkpointOf, runOf } from './context';
import type { Deps } from './deps';

const CANARY: Message[] = [{ role: 'user', content: 'Say hello.' }];

export function createServeActivities(deps: Deps) {
  const { pool } = deps.store;

  return {
    /** Makes a checkpoint answer, and asks each replica one question (the canary): a wrong model name or broken weights show here. */
    serve: ({ run, model }: { run: string; model: ModelRef }): Promise<{ answer: string }> =>
      asActivity(async () => {
        const context = Context.current();
        const { config } = await runOf(deps, run);
        const checkpoint = await checkpointOf(deps, model);
        const { base, serve, sampling: usual } = targetOf(config);
        const servable = { ...checkpoint, label: model.label, base };
        const sampling = { ...usual, temperature: 0, maxTokens: Math.min(16, usual.maxTokens) };
        const bill: Promise<void>[] = [];
        const purse = await deps.store.purses.open(pool, run);
        const onAttempt = (attempt: Attempt) => {
          purse.owe(attempt.usd);
          const entry = deps.store.ledger.put({ ...attempt, run, purpose: 'canary', party: model.checkpoint });
          // Awaited below; until then its failure must not count as unhandled and end the worker.
          entry.catch(() => undefined);
          bill.push(entry);
        };
        const signal = context.cancellationSignal;
        const askAll = async (): Promise<{ urls: string[]; replies: ChatReply[] }> => {
          const { reach, model: name } = await deps.serving.serve(servable, serve, true);
          const request = { model: name, messages: CANARY, sampling };
          const replies: ChatReply[] = [];
          const urls = [reach.url, ...reach.replicas];
          for (const url of urls) {
            const client = await deps.models.client({ ...reach, url, replicas: [] });
            const admit = () => purse.admit();
            replies.push(await client.chat(request, { signal, onAttempt, admit }));
          }
          return { urls, replies };
        };
        const { urls, replies } = await deps.groups.using(needsOf(config, deps).target(), askAll, signal);
        await Promise.all(bill);
        const silent = replies.findIndex(({ completionTokens }) => completionTokens < 1);
        if (silent >= 0)
          throw new Error(`${model.label} answered the canary with nothing at all at ${shownUrl(urls[silent] ?? '')}.`);
        return { answer: replies[0]?.text.slice(0, 200) ?? '' };
      }),

    /** Enters the base model as the run's first checkpoint: I0 itself, or what SFT-I0 is trained from. */
    enterBase: ({ run }: { run: string }): Promise<ModelRef> =>
      asActivity(async () => {
        const { config } = await runOf(deps, run);
        const label = config.start.sft === null ? 'I0' : 'base';
        const id = `${run}/${label}`;
        const { base } = targetOf(config);
        const { sha256 } = await describeBase(deps.trainer, base);
        await saveCheckpoint(pool, {
          ...{ id, run, round: 0, stage: 'start', attempt: 0, parent: null, dataset: null, job: null },
          ...{ path: base, sha256, metrics: {}, seconds: 0, player: null, status: 'promoted' },
        });
        return { checkpoint: id, label };
      }),

    /** Marks checkpoints after a decision. */
    markCheckpoints: ({ ids, status }: { ids: string[]; status: CheckpointStatus }): Promise<void> =>
      asActivity(() => setCheckpointStatus(pool, ids, status)),
  };
}
