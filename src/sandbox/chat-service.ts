import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { readChatRequest, type SandboxRequest } from './chat-request';
import { delayOf, faultError, faultyText, spoils } from './fault-replies';
import { FaultPlan } from './faults';
import { half, retryAfter, send, sendCut } from './http';
import { RateLimit, Slots } from './limits';
import { isModel, MODELS, scriptedReply, type ModelName } from './models';
import type { Fault, FaultKind, Limits, ResolvedOptions } from './options';
import { Rng } from './rng';
import { completion, errorBody } from './wire';

/** What the sandbox has seen so far: a witness of its own beside the ledger. */
export interface SandboxStats {
  sandbox: 'scripted';
  /** Chat calls by model, those that got a fault or a 429 included. */
  calls: Record<ModelName, number>;
  /** Calls that got their right reply, by model. */
  answered: Record<ModelName, number>;
  /** Calls with a body that had its right reply before, by model: what a client bought twice. */
  repeated: Record<ModelName, number>;
  /** Chat calls open now, and most at once. */
  inFlight: number;
  peak: number;
  /** Calls that wait for a slot. */
  waiting: number;
  /** 429 by the rate limit. */
  rateLimited: number;
  /** Calls whose connection ended before the whole reply was sent: the client left, or a fault cut it. */
  abandoned: number;
  /** Faults given by kind. */
  faults: Partial<Record<FaultKind, number>>;
}

/** A call on its way. */
interface Call {
  request: SandboxRequest;
  model: ModelName;
  /** Digest of the body. */
  body: string;
  fault: Fault | null;
  response: ServerResponse;
}

/** The chat completions: limits, then faults, then a slot and the latency, then the scripted model. */
export class ChatService {
  readonly plan: FaultPlan;
  private readonly slots: Slots;
  private rateLimit: RateLimit | null;
  private readonly jitter: Rng;
  private readonly counts = {
    calls: perModel(),
    answered: perModel(),
    repeated: perModel(),
    inFlight: 0,
    peak: 0,
    rateLimited: 0,
    abandoned: 0,
  };
  /** How often a body was asked, and whether it had its right reply, by digest. */
  private readonly bodies = new Map<string, { asked: number; answered: boolean }>();

  constructor(private options: ResolvedOptions) {
    this.plan = new FaultPlan(options.seed);
    this.plan.add(options.faults);
    this.slots = new Slots(options.capacity ?? Number.POSITIVE_INFINITY);
    this.rateLimit = rateLimitOf(options);
    this.jitter = new Rng(options.seed);
  }

  /** Changes limits while calls are under way. */
  setLimits(limits: Limits): void {
    this.options = { ...this.options, ...limits };
    this.slots.resize(this.options.capacity ?? Number.POSITIVE_INFINITY);
    if (limits.requestsPerSecond !== undefined) this.rateLimit = rateLimitOf(this.options);
  }

  stats(): SandboxStats {
    return structuredClone({
      sandbox: 'scripted',
      ...this.counts,
      waiting: this.slots.waiting,
      faults: this.plan.given,
    });
  }

  /** @throws BadRequest for a body that is no chat request. */
  handle(body: Buffer, response: ServerResponse): void {
    const request = readChatRequest(body.toString('utf8'));
    const { model } = request;
    if (!isModel(model)) {
      const message = `the model "${model}" does not exist; the sandbox has ${MODELS.join(', ')}`;
      return send(response, { status: 404, body: errorBody(message, 'invalid_request_error', 'model_not_found') });
    }
    const digest = createHash('sha256').update(body).digest('base64url').slice(0, 16);
    const history = this.historyOf(digest);
    this.counts.calls[model]++;
    if (history.answered) this.counts.repeated[model]++;
    this.watch(response);

    const seconds = this.rateLimit?.take() ?? 0;
    if (seconds > 0) return this.refuse(response, seconds);

    const fault = this.plan.take({ model, body: digest, asked: history.asked++ });
    if (fault?.kind === 'timeout') return;
    if (fault?.kind === 'reset') return void response.socket?.resetAndDestroy();
    const error = fault && faultError(fault);
    if (error) return send(response, error);

    this.serve(response, delayOf(fault), () => {
      if (!fault || !spoils(fault.kind)) {
        history.answered = true;
        this.counts.answered[model]++;
      }
      this.reply({ request, model, body: digest, fault, response });
    });
  }

  private historyOf(digest: string): { asked: number; answered: boolean } {
    const known = this.bodies.get(digest);
    if (known) return known;
    const history = { asked: 0, answered: false };
    this.bodies.set(digest, history);
    return history;
  }

  /** Keeps count of open calls. */
  private watch(response: ServerResponse): void {
    const { counts } = this;
    counts.inFlight++;
    counts.peak = Math.max(counts.peak, counts.inFlight);
    response.once('close', () => {
      counts.inFlight--;
      if (!response.writableFinished) counts.abandoned++;
    });
  }

  private refuse(response: ServerResponse, seconds: number): void {
    this.counts.rateLimited++;
    const message = `more than ${this.options.requestsPerSecond} requests a second`;
    const body = errorBody(message, 'rate_limit_error', 'rate_limit_exceeded');
    send(response, { status: 429, body, headers: retryAfter(seconds) });
  }

  /**
   * Waits for a slot and through the latency, unless the client leaves. @param delay milliseconds on top of the
   * latency.
   */
  private serve(response: ServerResponse, delay: number, done: () => void): void {
    const { latencyMs, jitterMs } = this.options;
    let timer: NodeJS.Timeout | undefined;
    const leave = this.slots.enter(() => {
      const latency = delay + latencyMs + (jitterMs > 0 ? jitterMs * this.jitter.next() : 0);
      if (latency > 0) timer = setTimeout(finish, latency);
      else finish();
    });
    function finish(): void {
      leave();
      done();
    }
    response.once('close', () => {
      clearTimeout(timer);
      leave();
    });
  }

  private reply({ request, model, body: id, fault, response }: Call): void {
    const kind = fault?.kind;
    const text = faultyText(kind, () => scriptedReply(model, request, this.options));
    const limit = kind === 'huge' ? { ...request, maxWords: Number.POSITIVE_INFINITY } : request;
    const body = completion(id, kind === 'wrong-model' ? 'some-other-model' : model, text, limit);
    if (kind === 'cut') return sendCut(response, body);
    send(response, { status: 200, body: kind === 'bad-json' ? half(body) : body });
  }
}

const rateLimitOf = ({ requestsPerSecond }: ResolvedOptions) =>
  requestsPerSecond === null ? null : new RateLimit(requestsPerSecond);

function perModel(): Record<ModelName, number> {
  return Object.fromEntries(MODELS.map((model) => [model, 0])) as Record<ModelName, number>;
}
