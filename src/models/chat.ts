import type { Message } from '../prompts/prompt';

/** How a player or judge samples. Every request names all of them, because servers' own defaults differ. */
export interface Sampling {
  temperature: number;
  topP: number;
  /** Tokens at most in the answer. */
  maxTokens: number;
  stop?: string[] | undefined;
}

export interface ChatRequest {
  model: string;
  messages: Message[];
  sampling: Sampling;
  /** Sent where given, so that a repeated request may give the same answer. */
  seed?: number;
  /** Sent as a strict `response_format: json_schema`, for endpoints that hold a model to it. */
  schema?: { name: string; schema: Readonly<Record<string, unknown>> };
}

export interface ChatReply {
  text: string;
  /** Reasoning (`reasoning_content`, or a leading `<think>` block), kept apart: neither judged nor trained on. */
  reasoning: string | null;
  finishReason: string;
  promptTokens: number;
  completionTokens: number;
  cachedTokens?: number;
  /** The model that the server says it used; null or absent where it does not say. */
  model?: string | null;
}

/** Why an HTTP attempt gave no reply. */
export type CallErrorKind =
  | 'rate-limited' // 429
  | 'overloaded' // 503, 529
  | 'server' // other 5xx
  | 'timeout'
  | 'connection'
  | 'unauthorized' // 401, 403
  | 'not-found' // 404: the model or the path
  | 'context-length'
  | 'content-filter'
  | 'too-large' // 413
  | 'bad-request' // other 4xx
  | 'bad-reply' // 200 with something unreadable
  | 'cancelled';

/** One HTTP attempt, as the ledger stores it. */
export interface Attempt {
  promptTokens: number;
  completionTokens: number;
  /** Of the prompt's, those from the server's prefix cache; absent where it does not say. */
  cachedTokens?: number;
  usd: number;
  milliseconds: number;
  error: CallErrorKind | null;
}

export interface ChatOptions {
  /** Ends the call wherever it is: waiting, in flight, or between two attempts. */
  signal?: AbortSignal;
  /** Whose call it is: runs that share an endpoint take turns. */
  run?: string;
  /**
   * Asked before each attempt, also those of retries and hedges: before it queues for its place, and again when it has it and
   * nothing is sent yet. What it throws ends the call as it is, and nothing is paid.
   */
  admit?: () => void;
  /** Asked with its place when nothing is sent yet: what it waits for, null where it waits for nothing. */
  ready?: () => Promise<void> | null;
  /** Told of each attempt that was sent, when it has ended. */
  onAttempt?: (attempt: Attempt) => void;
}

/** An endpoint with its limits; every chat of a worker to one endpoint goes through one of these. */
export interface ChatClient {
  /**
   * Asks until there is a reply or the error is final.
   * @throws CallError of the last attempt's kind; `scope` says whether it concerns the item or the endpoint.
   */
  chat(request: ChatRequest, options?: ChatOptions): Promise<ChatReply>;
}
