import type { Dispatcher } from 'undici';
import { agent } from './agent';

/** A server's answer as it came. */
export interface Answer {
  status: number;
  headers: HeaderFields;
  text: string;
}

/** Header fields by their name in lower case. */
export type HeaderFields = Readonly<Record<string, string | string[] | undefined>>;

/** A request on its way. */
export interface Exchange {
  /** Rejects with what broke the connection, or with the reason of `abort`. */
  answer: Promise<Answer>;
  /** Ends the request, also while its body is on its way; afterwards nothing happens. */
  abort(reason: Error): void;
}

/** Posts JSON bodies to one address. */
export type Transport = (body: string) => Exchange;

/** Nothing of it is kept. */
export class AnswerTooLong extends Error {
  override readonly name = 'AnswerTooLong';
}

/** Bytes. A server that never stops sending must not fill the memory; what is stored is far shorter. */
const LARGEST_ANSWER = 64 * 2 ** 20;

/** @param url base address as far as before `/chat/completions`; a query in it is kept. @param key null sends none. */
export type OpenTransport = (url: string, key: string | null) => Transport;

/**
 * A transport over undici's `dispatch`, without the streams and signals of `request` or `fetch`: `bench/client` says what
 * that saves. Redirects are not followed, because the key would go with them.
 */
export const bareTransport: OpenTransport = (url, key) => {
  const { origin, pathname, search } = new URL(url);
  const path = `${pathname.replace(/\/$/, '')}/chat/completions${search}`;
  const headers = {
    'content-type': 'application/json',
    accept: 'application/json',
    ...(key === null ? {} : { authorization: `Bearer ${key}` }),
  };
  return (body) => {
    const handler = new Collector();
    agent.dispatch({ origin, path, method: 'POST', headers, body }, handler);
    return handler;
  };
};

/** Collects one answer. */
class Collector implements Dispatcher.DispatchHandler, Exchange {
  readonly answer: Promise<Answer>;
  private resolve!: (answer: Answer) => void;
  private reject!: (error: Error) => void;
  private controller: Dispatcher.DispatchController | null = null;
  private aborted: Error | null = null;
  private status = 0;
  private headers: HeaderFields = {};
  private readonly chunks: Buffer[] = [];
  private size = 0;
  private done = false;

  constructor() {
    this.answer = new Promise((resolve, reject) => {
      this.resolve = resolve;
      this.reject = reject;
    });
  }

  abort(reason: Error): void {
    if (this.done) return;
    this.aborted ??= reason;
    // A request that waits for its connection has no controller yet, and nothing of it was sent.
    this.controller?.abort(this.aborted);
    this.reject(this.aborted);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller;
    if (this.aborted) controller.abort(this.aborted);
  }

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: HeaderFields): void {
    if (status < 200) return;
    this.status = status;
    this.headers = headers;
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.size += chunk.length;
    if (this.size > LARGEST_ANSWER)
      return this.abort(new AnswerTooLong(`it has more than ${LARGEST_ANSWER / 2 ** 20} MiB`));
    this.chunks.push(chunk);
  }

  onResponseEnd(): void {
    this.done = true;
    const [first] = this.chunks;
    const bytes = this.chunks.length === 1 && first ? first : Buffer.concat(this.chunks);
    this.resolve({ status: this.status, headers: this.headers, text: bytes.toString('utf8') });
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.done = true;
    this.reject(this.aborted ?? error);
  }
}
