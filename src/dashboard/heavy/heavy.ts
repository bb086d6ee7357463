import { extname, join } from 'node:path';
import { Pool } from 'pg';
import { UserError } from '../../errors';
import { startThread, type Thread } from '../../prompts/clean/thread';
import { answerQuestion, type Question, type QuestionName, type Questions } from './questions';

/** Long computations, one after the other, so that pages are answered meanwhile. */
export interface Heavy {
  ask<Name extends QuestionName>(name: Name, ask: Questions[Name]['ask']): Promise<Questions[Name]['answer']>;
  close(): Promise<void>;
}

/** What the thread sends back: an answer, or why there is none. */
export type Reply = { answer: unknown } | { refusal: string } | { error: string };

/** In a thread that starts with the first question; from the sources, which no thread can load, in this one. */
export function createHeavy(databaseUrl: string): Heavy {
  return extname(__filename) === '.ts' ? inThisThread(databaseUrl) : inAThread(databaseUrl);
}

function inAThread(databaseUrl: string): Heavy {
  let thread: Thread<Question, Reply> | null = null;
  return {
    async ask<Name extends QuestionName>(name: Name, ask: Questions[Name]['ask']) {
      thread ??= startThread<Question, Reply>(join(__dirname, 'thread.js'), databaseUrl);
      let reply: Reply;
      try {
        reply = await thread.ask({ name, ask } as Question);
      } catch (error) {
        // It has died (out of memory, for one): the next question gets a new one.
        thread = null;
        throw error;
      }
      if ('refusal' in reply) throw new UserError(reply.refusal);
      if ('error' in reply) throw new Error(reply.error);
      return reply.answer as Questions[Name]['answer'];
    },
    close: async () => thread?.stop(),
  };
}

function inThisThread(databaseUrl: string): Heavy {
  const pool = new Pool({ connectionString: databaseUrl, max: 1 });
  pool.on('error', () => undefined);
  return {
    ask: (name, ask) => answerQuestion(pool, { name, ask } as Question) as Promise<never>,
    close: () => pool.end(),
  };
}
